/* The upsampling convolution in four parts: the even or odd rows and columns of t, the transposed convolution. Each
 * part uses Winograd's F(3, 2) in the directions in which it has two taps (W[2] x[a−1] + W[0] x[a]) and direct products
 * in those with one (W[1] x[a]): 16 + 12 + 12 + 9 products instead of 81, all from one transformed 4×4 patch. The FIR
 * follows. The points are 0, 1, −1, ∞, so transforms are sums and the error is that of a direct convolution.
 *
 * t is never complete in memory: a few rows of tiles are transformed, multiplied and transformed back into a ring buffer of
 * rows of t, which stays in the second-level cache; FIR and epilogue process the rows that are complete. A map is divided
 * into strips of rows of tiles, each of which one worker processes from the input to the output. The FIR of the rows next to
 * a boundary between strips reads rows of both: the strips leave copies of them, and those rows follow when all strips are
 * finished. If there are few tiles and many weights, all workers share one ring buffer and divide the outputs. */

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
    int blocks, width, passes;      /* blocks of input channels; vectors of a register tile; tiles of all outputs */
    bool shared;                    /* workers share a group and divide its outputs */
    int panel, panels;              /* register tiles of a task, and such tasks */
    int strip, strips;              /* rows of tiles in a strip, and strips in a sample: one if workers share */
    int wave;                       /* strips that are processed before the follower runs, if the map is not stored */
    size_t band_pixels;             /* of the rows of the map that there are at one time then, of each block */
    int step;                       /* rows of tiles between two runs of the FIR */
    int group;                      /* tiles in a group, a multiple of a register tile's; the last group has fewer */
    size_t v_floats, m_floats;      /* of V of a group, and of M of one pass over it */
    int rows, columns;              /* rows of t in the ring buffer of each part; positions of a row, from −1 */
    size_t ring_floats, boundary_floats;
    size_t worker_floats;
} polyphase_plan;

/* Without the gap, strides could be multiples of 4096 bytes, which would put all products into the same few cache
 * lines. */
enum { UP_GAP = 80 };

enum { BOUNDARY_ROWS = 4, UP_BEFORE = 12 };

/* Rows of t: a ring buffer of `count` rows for every part of every vector of outputs. */
typedef struct up_rows {
    float *t;
    int count;
} up_rows;

static inline size_t up_part_floats(const polyphase_plan *p, int rows) {
    return (size_t)rows * p->columns * VL + UP_GAP;
}

static size_t up_rows_floats(const polyphase_plan *p, int rows) {
    return 4 * up_part_floats(p, rows) * p->passes * p->width;
}

/* Divides rows of tiles into strips so that the workers finish early, with several strips for each of them if that costs
 * little, because other programs may slow one down. */
static int up_strip(int tiles_y, int workers) {
    int best = tiles_y;
    int64_t least = INT64_MAX;
    for (int strip = (tiles_y - 1) / workers + 1; workers > 1 && strip > 0; strip--) {
        int64_t strips = (tiles_y - 1) / strip + 1, cost = 16 * ((strips - 1) / workers + 1) * strip + strip + strips;
        if (cost < least)
            least = cost, best = strip;
    }
    return best;
}

static polyphase_plan plan_polyphase(const gb_cpu *cpu, const gb_desc *d) {
    int vectors = vectors_of(d->conv.cout), h = d->in[0].h, w = d->in[0].w;
    polyphase_plan p = {.tiles_y = h / UP_TILE + 1, .tiles_x = w / UP_TILE + 1, .blocks = vectors_of(d->in[0].c),
                        .width = tile_width(vectors)};
    p.passes = vectors / p.width;
    p.columns = p.tiles_x * UP_TILE + 1;

    /* V and M use half of the second-level cache, unless the weights do not fit beside them: then larger groups read the
     * weights less often. */
    int pixels = tile_pixels(p.width), tiles = p.tiles_y * p.tiles_x;
    int limit = (int)(cpu->l2 / 2 / (sizeof(float) * UP_PRODUCTS * (p.blocks + p.width) * VL));
    limit = limit > 48 ? 48 : limit < 12 ? 12 : limit / pixels * pixels;
    if (sizeof(float) * UP_KERNELS * p.blocks * VL * vectors * VL > cpu->l2 / 2)
        limit = 72;
    if (MULTIPLY_PASSES > 1)        /* weights are split for each group */
        limit = 96;
    bool few = p.tiles_y < 2 * cpu->workers || (tiles < 4 * limit * cpu->workers && p.passes >= cpu->workers);
    p.shared = few && p.passes > 1;
    if (p.shared) {
        size_t row_floats = up_part_floats(&p, UP_TILE) * 4 * vectors;
        size_t most = cpu->l3 / 2 / sizeof(float) / row_floats;
        int steps;
        p.strip = p.tiles_y, p.strips = 1;
        share_bands(p.tiles_y, most < 1 ? 1 : most < (size_t)p.tiles_y ? (int)most : p.tiles_y, 1, &p.step, &steps);
        limit = limit < 72 ? limit : 132 / pixels * pixels;
    } else {
        p.strip = up_strip(p.tiles_y, cpu->workers);
        if (d->unstored) {              /* so that the map's rows are few and still in the last cache */
            p.strip = p.tiles_y < 4 ? p.tiles_y : 4;
            p.wave = 2 * cpu->workers;
        }
        p.strips = (p.tiles_y - 1) / p.strip + 1;
        p.step = ((limit > 72 ? 100 : 66) + p.tiles_x / 2) / p.tiles_x;
        p.step = p.step < 1 ? 1 : p.step < p.strip ? p.step : p.strip;
    }
    int groups;
    share_bands(p.step * p.tiles_x, limit, pixels, &p.group, &groups);
    p.panel = p.shared ? (p.passes - 1) / cpu->workers + 1 : p.passes;
    p.panel = p.panel < MULTIPLY_PASSES ? p.panel : MULTIPLY_PASSES;
    p.panels = (p.passes - 1) / p.panel + 1;
    p.rows = p.step * UP_TILE + 2;
    p.v_floats = ((size_t)UP_PRODUCTS * p.group * p.blocks * VL + UP_KERNELS * UP_GAP + pixels * VL) / PAIR;
    p.m_floats = ((size_t)UP_PRODUCTS * p.group * p.width * VL + UP_KERNELS * UP_GAP + pixels * p.width * VL) * p.panel;
    if (d->unstored)        /* those of a wave, and those before them that the follower has not read for the last time */
        p.band_pixels = (size_t)(2 * UP_TILE * p.strip * p.wave + UP_BEFORE) * d->out.w + UP_GAP / VL;
    p.ring_floats = up_rows_floats(&p, p.rows);
    p.boundary_floats = up_rows_floats(&p, BOUNDARY_ROWS);
    p.worker_floats = p.m_floats + (p.shared ? 0 : p.v_floats + p.ring_floats) + MULTIPLY_FLOATS;
    return p;
}

static size_t polyphase_workspace(const gb_cpu *cpu, const gb_desc *d) {
    polyphase_plan p = plan_polyphase(cpu, d);
    return sizeof(float) * (modulation_floats(d) + (p.shared ? p.ring_floats + p.v_floats : 0) +
                            d->in[0].n * (p.strips - 1) * p.boundary_floats + p.worker_floats * cpu->workers +
                            p.band_pixels * p.passes * p.width * VL);
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

/* The tiles that are processed before the FIR runs: some rows of tiles of a sample. */
typedef struct up_area { int n, row, rows; } up_area;

/* Some of them, of which V and M hold the products. */
typedef struct up_group { int first, count; } up_group;

static inline up_group up_group_at(const polyphase_plan *p, const up_area *area, int index) {
    int first = index * p->group, tiles = area->rows * p->tiles_x;
    return (up_group){first, tiles - first < p->group ? tiles - first : p->group};
}

static inline int up_groups(const polyphase_plan *p, const up_area *area) {
    return (area->rows * p->tiles_x - 1) / p->group + 1;
}

typedef struct polyphase_job {
    const gb_desc *d;
    const gb_args *args;
    polyphase_plan p;
    modulation m;
    float *boundaries, *scratch;    /* rows next to boundaries; worker_floats for every worker */
    bool stream;
    map_rows *out;                  /* the rows of the output that there are; NULL = all, in args->out */
    int task;                       /* the first task of a wave */

    up_rows shared_rows;            /* if workers share: the ring buffer, V, and what they are at */
    operand *shared_v;
    up_area area;
    up_group group;
    int first, last;                /* first and last position of the FIR */
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

/* Offset in V, [25][cin blocks][q][tiles of the group][VL], of product q of kernel k of tile t, for a block of input
 * channels. */
static inline size_t up_place(const polyphase_plan *p, const up_group *group, int k, int block, int q, int t) {
    size_t pixels = (size_t)group->count * VL;
    return up_at(k, p->blocks * pixels) + (size_t)(block * up_count(k) + q) * pixels + (size_t)t * VL;
}

/* Transforms the 4×4 patch at x, with rows `row` floats apart, into its 49 operands. */
static inline void up_transform_patch(const polyphase_plan *p, const up_group *group, const float *x, size_t row, vec s,
                                      int block, int tile, operand *v) {
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
            store_operands(v + up_place(p, group, 4 * i + j, block, 0, tile), t[j]);
        for (int q = 0; q < UP_TILE; q++)
            store_operands(v + up_place(p, group, 16 + i, block, q, tile), r[i][q + 1]);
    }
    for (int q = 0; q < UP_TILE; q++) {
        up_transform_input(d[q + 1], t);
        for (int j = 0; j < UP_PATCH; j++)
            store_operands(v + up_place(p, group, 20 + j, block, q, tile), t[j]);
        for (int j = 0; j < UP_TILE; j++)
            store_operands(v + up_place(p, group, 24, block, UP_TILE * q + j, tile), d[q + 1][j + 1]);
    }
}

/* Transforms one block of input channels of a group. */
static void up_transform_block(const polyphase_job *job, up_area area, const up_group *group, int block, operand *v) {
    const polyphase_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    int valid = in->c - block * VL < VL ? in->c - block * VL : VL;
    const float *x = gb_plane(job->args->in[0], area.n, block * VL);
    vec s = vload(job->m.s + ((size_t)area.n * p->blocks + block) * VL);
    float patch[UP_PATCH * UP_PATCH * VL];
    for (int t = 0; t < group->count; t++) {
        int tile = group->first + t, left = tile % p->tiles_x * UP_TILE - 1;
        int top = (area.row + tile / p->tiles_x) * UP_TILE - 1;
        if (top >= 0 && left >= 0 && top + UP_PATCH <= in->h && left + UP_PATCH <= in->w && valid == VL) {
            up_transform_patch(p, group, x + ((size_t)top * in->w + left) * VL, (size_t)in->w * VL, s, block, t, v);
            continue;
        }
        for (int i = 0; i < UP_PATCH; i++)
            for (int j = 0; j < UP_PATCH; j++) {
                bool inside = top + i >= 0 && top + i < in->h && left + j >= 0 && left + j < in->w;
                vstore(patch + (i * UP_PATCH + j) * VL,
                       inside ? vkeep_first(vload(x + ((size_t)(top + i) * in->w + left + j) * VL), valid)
                              : vset1(0.0f));
            }
        up_transform_patch(p, group, patch, UP_PATCH * VL, s, block, t, v);
    }
}

/* The row at position a of one part of t, for one vector of outputs, from column −1 on. */
static inline float *up_row(const polyphase_plan *p, const up_rows *rows, int vector, int part, int a) {
    return rows->t + (4 * vector + part) * up_part_floats(p, rows->count) +
           (size_t)((a + 1) % rows->count) * p->columns * VL;
}

/* Transforms the products of one tile for one vector of outputs back to the 3×3 positions of each part. M is
 * [25][q][tiles of the group][width]. */
static inline void up_store_tile(const polyphase_plan *p, const up_group *group, const up_rows *to, const float *m,
                                 int vector, int t, int r, int y, int x) {
    size_t tile = (size_t)p->width * VL, products = group->count * tile;
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
        float *t_row = up_row(p, to, vector, 0, y + i) + column;
        up_transform_output(rows[i][0], rows[i][1], rows[i][2], rows[i][3], out);
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, out[j]);
        t_row = up_row(p, to, vector, 1, y + i) + column;
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, columns[j][i]);
        t_row = up_row(p, to, vector, 2, y + i) + column;
        up_transform_output(vload(from + up_at(20, products)), vload(from + up_at(21, products)),
                            vload(from + up_at(22, products)), vload(from + up_at(23, products)), out);
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, out[j]);
        t_row = up_row(p, to, vector, 3, y + i) + column;
        for (int j = 0; j < UP_TILE; j++)
            vstore(t_row + j * VL, vload(at + up_at(24, products) + (UP_TILE * i + j) * products));
    }
}

/* Multiplies a transformed group with the weights of a panel of outputs and transforms the products back. */
static void up_multiply_panel(const polyphase_job *job, up_area area, const up_rows *to, const up_group *group,
                              int panel, const operand *v, float *m) {
    const polyphase_plan *p = &job->p;
    const ptrdiff_t no_offset = 0;
    int pass = panel * p->panel, passes = p->passes - pass < p->panel ? p->passes - pass : p->panel;
    size_t outputs = (size_t)p->width * VL, slab = p->blocks * VL * outputs, pixels = (size_t)group->count * VL;
    size_t m_pass = p->m_floats / p->panel;
    const operand *u = (const operand *)job->args->packed + (size_t)pass * UP_KERNELS * slab;
    tile_job products[UP_KERNELS];
    for (int k = 0; k < UP_KERNELS; k++)        /* upwards: incomplete register tiles write where the next products go */
        products[k] = (tile_job){
            .x = v + up_place(p, group, k, 0, 0, 0), .x_block = up_count(k) * pixels, .taps = &no_offset, .ntaps = 1,
            .count = up_count(k) * group->count, .blocks = p->blocks, .w = u + k * slab, .w_block = VL * outputs,
            .passes = passes, .w_pass = UP_KERNELS * slab, .acc = m + up_at(k, group->count * outputs),
            .acc_pass = m_pass, .scratch = m + p->worker_floats - MULTIPLY_FLOATS};
    multiply(products, UP_KERNELS, p->width);
    for (int r = 0; r < passes * p->width; r++)
        for (int t = 0; t < group->count; t++) {
            int tile = group->first + t, y = (area.row + tile / p->tiles_x) * UP_TILE, x = tile % p->tiles_x * UP_TILE;
            up_store_tile(p, group, to, m + r / p->width * m_pass, pass * p->width + r, t, r % p->width, y, x);
        }
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
            y[2 * j] = vmadd(f[0], e[j + 1], vmadd(f[1], o[j + 1], vmadd(f[2], e[j], vmadd(f[3], o[j], y[2 * j]))));
            y[2 * j + 1] = vmadd(f[0], o[j + 2],
                                 vmadd(f[1], e[j + 1], vmadd(f[2], o[j + 1], vmadd(f[3], e[j], y[2 * j + 1]))));
        }
    }
}

/* The two output rows of position a for one vector of outputs. */
static void up_smooth_row(const polyphase_job *job, const up_rows *rows, int n, int vector, int a) {
    const polyphase_plan *p = &job->p;
    int vectors = p->passes * p->width, w = job->d->in[0].w;
    const float *fir = (const float *)job->args->packed + polyphase_weight_floats(job->d);
    channel_writer to = job->out ? channel_writer_to(job->out->x + vector * job->out->block, &job->d->out,
                                                     job->args->epilogue, n, vector * VL)
                                 : channel_writer_at(job->args->out, job->args->epilogue, n, vector * VL);
    to.shift = job->out ? job->out->shift : 0;
    vec demodulate = vload(job->m.d + ((size_t)n * vectors + vector) * VL);
    to.stream = job->stream;
    for (int phase = 0; phase < 2; phase++) {
        const float *even[4], *odd[4];
        for (int ky = 0; ky < 4; ky++) {
            int ty = phase + 4 - ky, part = ty % 2 * 2;     /* + 2, so that the division rounds down */
            even[ky] = up_row(p, rows, vector, part, a + ty / 2 - 1) + VL;
            odd[ky] = up_row(p, rows, vector, part + 1, a + ty / 2 - 1) + VL;
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

/* Zeros around t: the column before the first one, and the row before the first one of a sample. */
static void up_clear_borders(const polyphase_plan *p, const up_rows *rows) {
    for (int vector = 0; vector < p->passes * p->width; vector++)
        for (int part = 0; part < 4; part++) {
            memset(up_row(p, rows, vector, part, -1), 0, sizeof(float) * p->columns * VL);
            for (int a = 0; a < rows->count - 1; a++)
                vstore(up_row(p, rows, vector, part, a), vset1(0.0f));
        }
}

/* The rows next to the boundary below strip `strip`: the last two of this strip and the first two of the next. */
static up_rows up_boundary(const polyphase_job *job, int n, int strip) {
    size_t at = (size_t)n * (job->p.strips - 1) + strip;
    return (up_rows){job->boundaries + at * job->p.boundary_floats, BOUNDARY_ROWS};
}

static void up_keep_rows(const polyphase_plan *p, up_rows to, const up_rows *from, int first) {
    for (int vector = 0; vector < p->passes * p->width; vector++)
        for (int part = 0; part < 4; part++)
            for (int a = first; a < first + 2; a++)
                memcpy(up_row(p, &to, vector, part, a), up_row(p, from, vector, part, a),
                       sizeof(float) * p->columns * VL);
}

static void up_run_strip(void *arg, int index, int worker) {
    const polyphase_job *job = arg;
    const polyphase_plan *p = &job->p;
    int task = job->task + index, n = task / p->strips, strip = task % p->strips, begin = strip * p->strip, height = job->d->in[0].h;
    int end = begin + p->strip < p->tiles_y ? begin + p->strip : p->tiles_y;
    float *m = job->scratch + p->worker_floats * worker;
    up_rows rows = {m + p->m_floats, p->rows};
    operand *v = (operand *)(rows.t + p->ring_floats);
    int first = begin == 0 ? 0 : begin * UP_TILE + 1;
    up_clear_borders(p, &rows);
    for (int row = begin; row < end; row += p->step) {
        up_area area = {n, row, end - row < p->step ? end - row : p->step};
        for (int i = 0; i < up_groups(p, &area); i++) {
            up_group group = up_group_at(p, &area, i);
            for (int block = 0; block < p->blocks; block++)
                up_transform_block(job, area, &group, block, v);
            for (int panel = 0; panel < p->panels; panel++)
                up_multiply_panel(job, area, &rows, &group, panel, v, m);
        }
        if (row == begin && strip > 0)
            up_keep_rows(p, up_boundary(job, n, strip - 1), &rows, begin * UP_TILE);
        int last = (row + area.rows) * UP_TILE - 1;     /* the FIR of a row reads the next one */
        last = last < height ? last : height;
        for (int vector = 0; vector < p->passes * p->width; vector++)
            for (int a = first; a < last; a++)
                up_smooth_row(job, &rows, n, vector, a);
        first = first < last ? last : first;
    }
    if (strip + 1 < p->strips)
        up_keep_rows(p, up_boundary(job, n, strip), &rows, end * UP_TILE - 2);
}

/* The two positions at a boundary between strips for one vector of outputs. */
static void up_smooth_boundary(void *arg, int index, int worker) {
    const polyphase_job *job = arg;
    const polyphase_plan *p = &job->p;
    int vectors = p->passes * p->width, task = job->task + index, vector = task % vectors, boundaries = p->strips - 1;
    int n = task / vectors / boundaries, strip = task / vectors % boundaries;
    up_rows rows = up_boundary(job, n, strip);
    (void)worker;
    for (int a = (strip + 1) * p->strip * UP_TILE - 1, last = a + 1; a <= last && a < job->d->in[0].h; a++)
        up_smooth_row(job, &rows, n, vector, a);
}

static void up_transform_shared(void *arg, int block, int worker) {
    const polyphase_job *job = arg;
    (void)worker;
    up_transform_block(job, job->area, &job->group, block, job->shared_v);
}

static void up_multiply_shared(void *arg, int panel, int worker) {
    const polyphase_job *job = arg;
    up_multiply_panel(job, job->area, &job->shared_rows, &job->group, panel, job->shared_v,
                      job->scratch + job->p.worker_floats * worker);
}

static void up_smooth_shared(void *arg, int task, int worker) {
    const polyphase_job *job = arg;
    int vectors = job->p.passes * job->p.width;
    (void)worker;
    up_smooth_row(job, &job->shared_rows, job->area.n, task % vectors, job->first + task / vectors);
}

static void up_run_shared(const gb_cpu *cpu, polyphase_job *job, int n) {
    const polyphase_plan *p = &job->p;
    int height = job->d->in[0].h;
    up_clear_borders(p, &job->shared_rows);
    job->first = 0;
    for (int row = 0; row < p->tiles_y; row += p->step) {
        job->area = (up_area){n, row, p->tiles_y - row < p->step ? p->tiles_y - row : p->step};
        for (int i = 0; i < up_groups(p, &job->area); i++) {
            job->group = up_group_at(p, &job->area, i);
            gb_parallel(cpu, p->blocks, up_transform_shared, job);
            gb_parallel(cpu, p->panels, up_multiply_shared, job);
        }
        job->last = (row + job->area.rows) * UP_TILE - 1;
        job->last = job->last < height ? job->last : height;
        gb_parallel(cpu, (job->last - job->first) * p->passes * p->width, up_smooth_shared, job);
        job->first = job->last;
    }
}

/* Moves the rows of a band from `row` on to its beginning. `end` is the first row that has not been computed. */
static void up_move_rows(const polyphase_job *job, map_rows *band, int row, int end) {
    size_t w = job->d->out.w;
    float *from = band->x + ((ptrdiff_t)(row * w) + band->shift) * VL;
    for (int vector = 0; vector < job->p.passes * job->p.width; vector++)
        memmove(band->x + vector * band->block, from + vector * band->block, sizeof(float) * VL * w * (size_t)(end - row));
    band->shift = -(ptrdiff_t)(row * w);
}

/* The layer and its follower, a Winograd convolution, in turns: some strips, then all tiles of which the input is complete.
 * So the map between them is never complete in memory. */
static void up_run_waves(const gb_cpu *cpu, polyphase_job *job, float *band) {
    const polyphase_plan *p = &job->p;
    const gb_use *follower = job->args->follower;
    winograd_job next = winograd_begin(cpu, follower->desc, follower->args);
    int boundaries = p->strips - 1, vectors = p->passes * p->width, height = job->d->out.h;
    for (int n = 0; n < job->d->in[0].n; n++) {
        map_rows rows = {band, p->band_pixels * VL, 0};
        job->out = &rows;
        next.in = &rows;
        for (int strip = 0, done = 0; strip < p->strips; strip += p->wave) {
            int end = strip + p->wave < p->strips ? strip + p->wave : p->strips, below = strip > 0 ? strip - 1 : 0;
            bool last = end == p->strips;
            job->task = n * p->strips + strip;
            gb_parallel(cpu, end - strip, up_run_strip, job);
            job->task = (n * boundaries + below) * vectors;
            gb_parallel(cpu, (end - 1 - below) * vectors, up_smooth_boundary, job);
            int complete = last ? height : 2 * (end * p->strip * UP_TILE - 1);
            int tiles_y = last ? next.p.tiles_y : (complete - 1) / TILE, first = n * next.p.tiles_y;
            winograd_run_tiles(cpu, &next, (first + done) * next.p.tiles_x, (first + tiles_y) * next.p.tiles_x);
            done = tiles_y;
            if (!last)
                up_move_rows(job, &rows, done * TILE - 1, complete);
        }
    }
}

static void polyphase_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    polyphase_job job = {.d = d, .args = args, .p = plan_polyphase(cpu, d)};
    const polyphase_plan *p = &job.p;
    int samples = d->in[0].n;
    job.stream = !d->unstored && gb_shape_floats(&d->out) * sizeof(float) > 2 * cpu->l3;
    job.m = modulate(cpu, d, args, (const float *)args->packed + polyphase_weight_floats(d) + 16, args->workspace);
    float *at = (float *)args->workspace + modulation_floats(d);
    if (p->shared) {
        job.shared_rows = (up_rows){at, p->rows};
        job.shared_v = (operand *)(at + p->ring_floats);
        job.scratch = at + p->ring_floats + p->v_floats;
        for (int n = 0; n < samples; n++)
            up_run_shared(cpu, &job, n);
        return;
    }
    job.boundaries = at;
    job.scratch = at + samples * (p->strips - 1) * p->boundary_floats;
    if (d->unstored) {
        up_run_waves(cpu, &job, job.scratch + p->worker_floats * cpu->workers);
        return;
    }
    gb_parallel(cpu, samples * p->strips, up_run_strip, &job);
    gb_parallel(cpu, samples * (p->strips - 1) * p->passes * p->width, up_smooth_boundary, &job);
    if (args->follower)         /* nothing is gained if the map is stored */
        args->follower->row->run(cpu, args->follower->desc, args->follower->args);
}

/* On smaller maps tiles extend past the edge, and reading the transformed weights costs more than the saved
 * products. */
static bool polyphase_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return blocked_maps(d) && d->conv.up == 2 && d->in[0].h >= 32 && d->in[0].w >= 32;
}

static bool polyphase_pays(const gb_desc *d) {
    return multiply_pays(d, 256, 128, 32);
}

/* A map that is much larger than the caches does not have to be stored before a Winograd convolution of this file's instruction
 * set. */
static bool polyphase_follows(const gb_cpu *cpu, const gb_desc *d, const gb_op_row *row, const gb_desc *follower) {
    return row->run == winograd_run && gb_shape_floats(&d->out) * sizeof(float) > 2 * cpu->l3 &&
           !plan_polyphase(cpu, d).shared && !plan_winograd(cpu, follower).shared;
}

static const gb_op_row row_polyphase = {
    .op = GB_OP_MODULATED_CONV2D, .form = "polyphase", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = polyphase_supports, .pays = polyphase_pays, .packed_size = polyphase_packed_size, .pack = polyphase_pack,
    .workspace = polyphase_workspace, .run = polyphase_run, .follows = MULTIPLY_PASSES == 1 ? polyphase_follows : NULL,
};
