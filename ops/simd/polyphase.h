/* The upsampling convolution in four parts: the even or odd rows and columns of t, the transposed convolution. Each
 * part uses Winograd's F(3, 2) in the directions in which it has two taps (W[2] x[a−1] + W[0] x[a]) and direct products
 * in those with one (W[1] x[a]): 16 + 12 + 12 + 9 products instead of 81, all from one transformed 4×4 patch. The FIR
 * follows. The points are 0, 1, −1, ∞, so transforms are sums and the error is that of a direct convolution.
 *
 * t is never complete in memory: bands of rows of tiles are transformed, multiplied and transformed back into a ring
 * buffer of rows of t; FIR and epilogue process the rows that are complete. */

enum { UP_TILE = 3, UP_PATCH = 4, UP_KERNELS = 25, UP_PRODUCTS = 49 };

/* The number of products of a tile that use transformed kernel k: one for each column, row or pixel that is not
 * transformed. They begin at up_first(k) of the tile's 49. */
static inline int up_count(int k) {
    return k < 16 ? 1 : k < 24 ? 3 : 9;
}

static inline int up_first(int k) {
    return k < 16 ? k : k < 24 ? 16 + 3 * (k - 16) : 40;
}

typedef struct polyphase_plan {
    int tiles_y, tiles_x;           /* of a sample; they cover positions 0 to H and 0 to W */
    int rows, bands;                /* rows of tiles in a band; bands of a sample */
    int group, groups;              /* tiles in a group, a multiple of a register tile's; groups in a full band */
    int blocks, width, passes;      /* blocks of input channels; vectors of a register tile; tiles of all outputs */
    bool shared;                    /* workers share a group and divide its outputs, instead of one group each */
    size_t v_floats, m_floats;      /* of V of a group, and of M of one pass over it */
    int ring, columns;              /* rows of t in the ring buffer of each part; positions of a row, from −1 */
    size_t t_part, t_vector;        /* floats of a part, and of all parts of a vector of outputs */
    size_t worker_floats;
} polyphase_plan;

/* Without the gap, strides could be multiples of 4096 bytes, which would put all products into the same few cache
 * lines. */
enum { UP_GAP = 80 };

static polyphase_plan plan_polyphase(const gb_cpu *cpu, const gb_desc *d) {
    int vectors = vectors_of(d->conv.cout), h = d->in[0].h, w = d->in[0].w;
    polyphase_plan p = {.tiles_y = h / UP_TILE + 1, .tiles_x = w / UP_TILE + 1, .blocks = vectors_of(d->in[0].c),
                        .width = tile_width(vectors)};
    p.passes = vectors / p.width;

    /* A band of t uses a quarter of the third-level cache. */
    p.columns = p.tiles_x * UP_TILE + 1;
    size_t row_bytes = sizeof(float) * 4 * UP_TILE * p.columns * vectors * VL;
    size_t rows = cpu->l3 / 4 / row_bytes;
    p.rows = rows < 1 ? 1 : rows < (size_t)p.tiles_y ? (int)rows : p.tiles_y;
    p.bands = (p.tiles_y - 1) / p.rows + 1;
    p.rows = (p.tiles_y - 1) / p.bands + 1;
    p.bands = (p.tiles_y - 1) / p.rows + 1;
    p.ring = p.rows * UP_TILE + 2;
    p.t_part = (size_t)p.ring * p.columns * VL + UP_GAP;
    p.t_vector = 4 * p.t_part;

    /* V and M use half of the second-level cache, unless the input has so many channels that small groups would read
     * the weights too often. */
    int pixels = tile_pixels(p.width), tiles = p.rows * p.tiles_x;
    int limit = (int)(cpu->l2 / 2 / (sizeof(float) * UP_PRODUCTS * (p.blocks + p.width) * VL));
    limit = limit > 48 ? 48 : limit < 48 ? 48 : limit / pixels * pixels;
    p.shared = (tiles - 1) / limit + 1 < 4 * cpu->workers;
    p.group = group_size(tiles, limit, pixels, p.shared ? 1 : cpu->workers);
    p.groups = (tiles - 1) / p.group + 1;
    p.v_floats = ((size_t)UP_PRODUCTS * p.group * p.blocks * VL + UP_KERNELS * UP_GAP) / PAIR;
    p.m_floats = (size_t)UP_PRODUCTS * p.group * p.width * VL + UP_KERNELS * UP_GAP;
    p.worker_floats = p.m_floats + (p.shared ? 0 : p.v_floats);
    return p;
}

static size_t polyphase_workspace(const gb_cpu *cpu, const gb_desc *d) {
    polyphase_plan p = plan_polyphase(cpu, d);
    return sizeof(float) * (modulation_floats(d) + p.passes * p.width * p.t_vector + (p.shared ? p.v_floats : 0) +
                            p.worker_floats * cpu->workers);
}

/* Offset of kernel k's part of V or M, with x values per product. */
static inline size_t up_at(int k, size_t x) {
    return up_first(k) * x + (size_t)k * UP_GAP;
}

/* ------------------------------------------------------------------------------------------------ weights */

static size_t polyphase_weight_floats(const gb_desc *d) {
    return (size_t)UP_KERNELS * vectors_of(d->in[0].c) * VL * vectors_of(d->conv.cout) * VL / PAIR;
}

static size_t polyphase_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (polyphase_weight_floats(d) + 16 + squares_floats(d));
}

/* G g: the kernel at each point, divided by the product of the distances to the other points. */
static inline void transform_taps(float before, float at, float out[UP_PATCH]) {
    out[0] = before;
    out[1] = 0.5f * (before + at);
    out[2] = 0.5f * (before - at);
    out[3] = at;
}

typedef struct polyphase_packing { const gb_desc *d; polyphase_plan p; const float *w; operand *to; } polyphase_packing;

/* One block of input channels of one pass of [passes][25][cin / PAIR][width · VL][PAIR]. */
static void polyphase_pack_block(void *arg, int task, int worker) {
    const polyphase_packing *job = arg;
    const polyphase_plan *p = &job->p;
    int cin = job->d->in[0].c, cout = job->d->conv.cout, outputs = p->width * VL;
    int pass = task / p->blocks, first = task % p->blocks * VL;
    size_t step = (size_t)p->blocks * VL * outputs;
    operand *to = job->to + (size_t)pass * UP_KERNELS * step + (size_t)first * outputs;
    (void)worker;
    for (int i = 0; i < VL; i++)
        for (int output = 0; output < outputs; output++) {
            const float none[9] = {0.0f}, *w = none;
            int o = pass * outputs + output;
            float rows[UP_PATCH][2], u[UP_KERNELS];         /* rows: transformed down columns 2 and 0 */
            if (o < cout && first + i < cin)
                w = job->w + ((size_t)o * cin + first + i) * 9;
            for (int x = 0; x < 2; x++) {
                float column[UP_PATCH];
                transform_taps(w[6 + 2 - 2 * x], w[2 - 2 * x], column);
                for (int k = 0; k < UP_PATCH; k++)
                    rows[k][x] = column[k];
            }
            for (int k = 0; k < UP_PATCH; k++)
                transform_taps(rows[k][0], rows[k][1], u + 4 * k);
            transform_taps(w[7], w[1], u + 16);
            transform_taps(w[5], w[3], u + 20);
            u[24] = w[4];
            for (int k = 0; k < UP_KERNELS; k++)
                to[k * step + weight_at(i, output, outputs)] = to_operand(u[k]);
        }
}

static void polyphase_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    polyphase_packing job = {d, plan_polyphase(cpu, d), weights[0], packed};
    float *fir = (float *)packed + polyphase_weight_floats(d);
    gb_parallel(cpu, job.p.passes * job.p.blocks, polyphase_pack_block, &job);
    for (int k = 0; k < 16; k++)
        fir[k] = 4.0f * weights[1][k];
    pack_squares(cpu, d, weights[0], fir + 16);
}

/* ------------------------------------------------------------------------------------------------ transforms */

typedef struct polyphase_job {
    const gb_desc *d;
    const gb_args *args;
    polyphase_plan p;
    modulation m;
    float *t, *scratch;                 /* scratch: worker_floats for every worker */
    operand *shared_v;
    int n, first_row, tiles, group; /* of the current phase: sample, first row of tiles and tiles of the band, group */
    int first, last;                /* rows that the FIR processes */
    bool stream;
} polyphase_job;

/* Bᵀ d: the polynomials with zeros at the other points. */
static inline void up_transform_input(const vec d[UP_PATCH], vec out[UP_PATCH]) {
    out[0] = vsub(d[0], d[2]);
    out[1] = vadd(d[1], d[2]);
    out[2] = vsub(d[2], d[1]);
    out[3] = vsub(d[3], d[1]);
}

/* Aᵀ m: the points by their powers. */
static inline void up_transform_output(vec m0, vec m1, vec m2, vec m3, vec out[UP_TILE]) {
    vec even = vadd(m1, m2);
    out[0] = vadd(m0, even);
    out[1] = vsub(m1, m2);
    out[2] = vadd(even, m3);
}

/* Offset in V, [25][cin blocks][q][group][VL], of product q of kernel k of tile t, for a block of input channels. */
static inline size_t up_place(const polyphase_plan *p, int k, int block, int q, int t) {
    size_t pixels = (size_t)p->group * VL;
    return up_at(k, p->blocks * pixels) + (size_t)(block * up_count(k) + q) * pixels + (size_t)t * VL;
}

/* Transforms the 4×4 patch at x, with rows `row` floats apart, into its 49 operands. */
static inline void up_transform_patch(const polyphase_plan *p, const float *x, size_t row, vec s, int block, int tile,
                                      operand *v) {
    vec d[UP_PATCH][UP_PATCH], r[UP_PATCH][UP_PATCH], t[UP_PATCH];
    for (int i = 0; i < UP_PATCH; i++)
        for (int j = 0; j < UP_PATCH; j++)
            d[i][j] = vmul(vload(x + i * row + j * VL), s);
    for (int j = 0; j < UP_PATCH; j++) {
        const vec column[UP_PATCH] = {d[0][j], d[1][j], d[2][j], d[3][j]};
        up_transform_input(column, t);
        for (int i = 0; i < UP_PATCH; i++)
            r[i][j] = t[i];
    }
    for (int i = 0; i < UP_PATCH; i++) {
        up_transform_input(r[i], t);
        for (int j = 0; j < UP_PATCH; j++)
            store_operands(v + up_place(p, 4 * i + j, block, 0, tile), t[j]);
        for (int q = 0; q < UP_TILE; q++)
            store_operands(v + up_place(p, 16 + i, block, q, tile), r[i][q + 1]);
    }
    for (int q = 0; q < UP_TILE; q++) {
        up_transform_input(d[q + 1], t);
        for (int j = 0; j < UP_PATCH; j++)
            store_operands(v + up_place(p, 20 + j, block, q, tile), t[j]);
        for (int j = 0; j < UP_TILE; j++)
            store_operands(v + up_place(p, 24, block, UP_TILE * q + j, tile), d[q + 1][j + 1]);
    }
}

/* Transforms one block of input channels of a group. */
static void up_transform_block(const polyphase_job *job, int group, int block, operand *v) {
    const polyphase_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    int valid = in->c - block * VL < VL ? in->c - block * VL : VL;
    const float *x = gb_plane(job->args->in[0], job->n, block * VL);
    vec s = vload(job->m.s + ((size_t)job->n * p->blocks + block) * VL);
    float patch[UP_PATCH * UP_PATCH * VL];
    for (int t = 0; t < p->group; t++) {
        int tile = group * p->group + t, left = tile % p->tiles_x * UP_TILE - 1;
        int top = (job->first_row + tile / p->tiles_x) * UP_TILE - 1;
        if (top >= 0 && left >= 0 && top + UP_PATCH <= in->h && left + UP_PATCH <= in->w && valid == VL) {
            up_transform_patch(p, x + ((size_t)top * in->w + left) * VL, (size_t)in->w * VL, s, block, t, v);
            continue;
        }
        for (int i = 0; i < UP_PATCH; i++)
            for (int j = 0; j < UP_PATCH; j++) {
                bool inside = top + i >= 0 && top + i < in->h && left + j >= 0 && left + j < in->w;
                vstore(patch + (i * UP_PATCH + j) * VL,
                       inside ? vkeep_first(vload(x + ((size_t)(top + i) * in->w + left + j) * VL), valid)
                              : vset1(0.0f));
            }
        up_transform_patch(p, patch, UP_PATCH * VL, s, block, t, v);
    }
}

/* The row at position a of one part of t, for one vector of outputs, from column −1 on. */
static inline float *up_row(const polyphase_job *job, int vector, int part, int a) {
    const polyphase_plan *p = &job->p;
    return job->t + vector * p->t_vector + part * p->t_part + (size_t)((a + 1) % p->ring) * p->columns * VL;
}

/* Transforms the products of one tile for one vector of outputs back to the 3×3 positions of each part. M is
 * [25][q][group][width]. */
static inline void up_store_tile(const polyphase_job *job, const float *m, int vector, int t, int r, int y, int x) {
    const polyphase_plan *p = &job->p;
    size_t tile = (size_t)p->width * VL, products = p->group * tile;
    const float *at = m + t * tile + r * VL;
    vec rows[UP_TILE][UP_PATCH], out[UP_TILE], columns[UP_TILE][UP_TILE];
    for (int j = 0; j < UP_PATCH; j++) {
        up_transform_output(vload(at + up_at(j, products)), vload(at + up_at(4 + j, products)),
                            vload(at + up_at(8 + j, products)), vload(at + up_at(12 + j, products)), out);
        for (int i = 0; i < UP_TILE; i++)
            rows[i][j] = out[i];
    }
    for (int q = 0; q < UP_TILE; q++) {
        const float *from = at + q * products;
        up_transform_output(vload(from + up_at(16, products)), vload(from + up_at(17, products)),
                            vload(from + up_at(18, products)), vload(from + up_at(19, products)), columns[q]);
    }
    for (int i = 0; i < UP_TILE; i++) {
        const float *from = at + i * products;
        size_t column = (size_t)(x + 1) * VL;
        float *t_row = up_row(job, vector, 0, y + i) + column;
        up_transform_output(rows[i][0], rows[i][1], rows[i][2], rows[i][3], out);
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, out[j]);
        t_row = up_row(job, vector, 1, y + i) + column;
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, columns[j][i]);
        t_row = up_row(job, vector, 2, y + i) + column;
        up_transform_output(vload(from + up_at(20, products)), vload(from + up_at(21, products)),
                            vload(from + up_at(22, products)), vload(from + up_at(23, products)), out);
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, out[j]);
        t_row = up_row(job, vector, 3, y + i) + column;
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, vload(at + up_at(24, products) + (UP_TILE * i + j) * products));
    }
}

/* Multiplies a transformed group with the weights of one register tile's outputs and transforms the products back. */
static void up_multiply_pass(const polyphase_job *job, int group, int pass, const operand *v, float *m) {
    const polyphase_plan *p = &job->p;
    const ptrdiff_t no_offset = 0;
    int first = group * p->group, count = job->tiles - first < p->group ? job->tiles - first : p->group;
    size_t outputs = (size_t)p->width * VL, slab = p->blocks * VL * outputs, pixels = (size_t)p->group * VL;
    const operand *u = (const operand *)job->args->packed + (size_t)pass * UP_KERNELS * slab;
    for (int k = 0; k < UP_KERNELS; k++) {
        tile_job tile = {.x = v + up_place(p, k, 0, 0, 0), .x_block = up_count(k) * pixels, .taps = &no_offset,
                         .ntaps = 1, .blocks = p->blocks, .w = u + k * slab, .w_block = VL * outputs};
        multiply(tile, m + up_at(k, p->group * outputs), p->width, up_count(k) * p->group);
    }
    for (int r = 0; r < p->width; r++)
        for (int t = 0; t < count; t++)
            up_store_tile(job, m, pass * p->width + r, t, r, (job->first_row + (first + t) / p->tiles_x) * UP_TILE,
                           (first + t) % p->tiles_x * UP_TILE);
}

/* ------------------------------------------------------------------------------------------------ FIR */

/* Σ f[ky,kx] · t[oy + 2 − ky, ox + 2 − kx] at n positions of one output row. `even` and `odd` are the even and odd
 * columns of the four rows of t that it reads, the top one last. */
static inline __attribute__((always_inline)) void up_smooth(const float *fir, const float *even[4],
                                                            const float *odd[4], const int n, vec *y) {
    for (int j = 0; j < 2 * n; j++)
        y[j] = vset1(0.0f);
    for (int ky = 0; ky < 4; ky++) {
        vec e[3], o[4], f[4];
        for (int kx = 0; kx < 4; kx++)
            f[kx] = vset1(fir[4 * ky + kx]);
        for (int j = 0; j <= n; j++)
            e[j] = vload(even[ky] + j * VL);
        for (int j = 0; j <= n + 1; j++)
            o[j] = vload(odd[ky] + (j - 1) * VL);
        for (int j = 0; j < n; j++) {
            y[2 * j] = vfma(f[0], e[j + 1], vfma(f[1], o[j + 1], vfma(f[2], e[j], vfma(f[3], o[j], y[2 * j]))));
            y[2 * j + 1] = vfma(f[0], o[j + 2],
                                vfma(f[1], e[j + 1], vfma(f[2], o[j + 1], vfma(f[3], e[j], y[2 * j + 1]))));
        }
    }
}

/* The two output rows of position a for one vector of outputs. */
static void up_smooth_row(void *arg, int task, int worker) {
    const polyphase_job *job = arg;
    const polyphase_plan *p = &job->p;
    int vectors = p->passes * p->width, vector = task % vectors, a = job->first + task / vectors, w = job->d->in[0].w;
    const float *fir = (const float *)job->args->packed + polyphase_weight_floats(job->d);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, job->n, vector * VL);
    vec demodulate = vload(job->m.d + ((size_t)job->n * vectors + vector) * VL);
    to.stream = job->stream;
    (void)worker;
    for (int phase = 0; phase < 2; phase++) {
        const float *even[4], *odd[4];
        for (int ky = 0; ky < 4; ky++) {
            int ty = phase + 4 - ky, part = ty % 2 * 2;     /* + 2, so that the division rounds down */
            even[ky] = up_row(job, vector, part, a + ty / 2 - 1) + VL;
            odd[ky] = up_row(job, vector, part + 1, a + ty / 2 - 1) + VL;
        }
        size_t out = (size_t)(2 * a + phase) * 2 * w;
        for (int c = 0; c < w; c += 2, out += 4) {
            vec y[4];
            if (c + 1 < w)
                up_smooth(fir, even, odd, 2, y);
            else
                up_smooth(fir, even, odd, 1, y);
            for (int j = 0; j < (c + 1 < w ? 4 : 2); j++)
                y[j] = vmul(y[j], demodulate);
            if (c + 1 < w)
                store_channels(&to, out, y, 4);
            else
                store_channels(&to, out, y, 2);
            for (int ky = 0; ky < 4; ky++)
                even[ky] += 2 * VL, odd[ky] += 2 * VL;
        }
    }
    if (job->stream)
        vstream_end();
}

/* ------------------------------------------------------------------------------------------------ running */

static void up_run_group(void *arg, int group, int worker) {
    const polyphase_job *job = arg;
    float *m = job->scratch + job->p.worker_floats * worker;
    operand *v = (operand *)(m + job->p.m_floats);
    for (int block = 0; block < job->p.blocks; block++)
        up_transform_block(job, group, block, v);
    for (int pass = 0; pass < job->p.passes; pass++)
        up_multiply_pass(job, group, pass, v, m);
}

static void up_transform_shared(void *arg, int block, int worker) {
    const polyphase_job *job = arg;
    (void)worker;
    up_transform_block(job, job->group, block, job->shared_v);
}

static void up_multiply_shared(void *arg, int pass, int worker) {
    const polyphase_job *job = arg;
    up_multiply_pass(job, job->group, pass, job->shared_v, job->scratch + job->p.worker_floats * worker);
}

/* Zeros around t: the column before the first one, and the row before the first one of a sample. */
static void up_clear_borders(const polyphase_job *job) {
    const polyphase_plan *p = &job->p;
    for (int vector = 0; vector < p->passes * p->width; vector++)
        for (int part = 0; part < 4; part++) {
            memset(up_row(job, vector, part, -1), 0, sizeof(float) * p->columns * VL);
            for (int a = 0; a < p->ring - 1; a++)
                vstore(up_row(job, vector, part, a), vset1(0.0f));
        }
}

static void polyphase_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    polyphase_job job = {.d = d, .args = args, .p = plan_polyphase(cpu, d)};
    const polyphase_plan *p = &job.p;
    int height = d->in[0].h;
    job.stream = gb_shape_floats(&d->out) * sizeof(float) > 2 * cpu->l3;
    job.m = modulate(cpu, d, args, (const float *)args->packed + polyphase_weight_floats(d) + 16, args->workspace);
    job.t = (float *)args->workspace + modulation_floats(d);
    job.scratch = job.t + p->passes * p->width * p->t_vector;
    job.shared_v = (operand *)job.scratch;
    job.scratch += p->shared ? p->v_floats : 0;
    for (job.n = 0; job.n < d->in[0].n; job.n++) {
        up_clear_borders(&job);
        job.first = 0;
        for (job.first_row = 0; job.first_row < p->tiles_y; job.first_row += p->rows) {
            int rows = p->tiles_y - job.first_row < p->rows ? p->tiles_y - job.first_row : p->rows;
            job.tiles = rows * p->tiles_x;
            int groups = (job.tiles - 1) / p->group + 1;
            if (p->shared)
                for (job.group = 0; job.group < groups; job.group++) {
                    gb_parallel(cpu, p->blocks, up_transform_shared, &job);
                    gb_parallel(cpu, p->passes, up_multiply_shared, &job);
                }
            else
                gb_parallel(cpu, groups, up_run_group, &job);
            job.last = (job.first_row + rows) * UP_TILE - 1;        /* the FIR of a row reads the next one */
            job.last = job.last < height ? job.last : height;
            gb_parallel(cpu, (job.last - job.first) * p->passes * p->width, up_smooth_row, &job);
            job.first = job.last;
        }
    }
}

/* On smaller maps tiles extend past the edge, and reading the transformed weights costs more than the saved
 * products. */
static bool polyphase_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return blocked_maps(d) && d->conv.up == 2 && d->in[0].h >= 32 && d->in[0].w >= 32;
}

static const gb_op_row row_polyphase = {
    .op = GB_OP_MODULATED_CONV2D, .form = "polyphase", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = polyphase_supports, .packed_size = polyphase_packed_size, .pack = polyphase_pack,
    .workspace = polyphase_workspace, .run = polyphase_run,
};
