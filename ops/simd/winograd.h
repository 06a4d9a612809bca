/* 3×3 convolution with Winograd's F(4×4, 3×3) (Lavin and Gray 2016):  Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A  on 6×6 patches d,
 * with 36 products instead of the 144 of a direct convolution. The points are 0, ±3/4, ±3/2, ∞: their squares 9/16 and
 * 9/4 are exact, and the error over 512 channels is a third of that of the usual points 0, ±1, ±2, ∞.
 *
 * Tiles are processed in groups, so that transformed inputs V [36][cin][group] and products M [36][group][outputs of a
 * register tile] stay in the cache. If there are many groups, each worker takes one; if there are few, and many weights
 * (deep layers) or too few groups for the workers, all workers share one group and divide its outputs.
 *
 * A ToRGB that follows is computed group by group as well, from pixels that are still in the cache. If nothing else reads the
 * map, its worker keeps only the rows of tiles that the group touches. */

enum { ELEMENTS = 36, PATCH = 6, TILE = 4 };

typedef struct winograd_plan {
    int tiles_y, tiles_x, tiles;    /* of all samples */
    int group, groups;              /* tiles in a group, a multiple of the register tile's pixels; number of groups */
    int blocks;                     /* of input channels */
    int width, passes;              /* vectors of a register tile; register tiles of all outputs */
    int wanted;                     /* register tiles with outputs that are read */
    int panel;                      /* register tiles of a task */
    bool shared;                    /* workers share a group */
    size_t v_step, m_step;          /* operands of V and floats of M from one of the 36 elements to the next */
    size_t band_pixels;             /* of a group's rows of tiles, in each vector of outputs; 0 if the map is stored */
    size_t worker_floats;
} winograd_plan;

static size_t winograd_weight_floats(const gb_desc *d) {
    return (size_t)ELEMENTS * vectors_of(d->in[0].c) * VL * vectors_of(d->conv.cout) * VL / PAIR;
}

/* The panels with outputs that are read. */
static inline int panels(const winograd_plan *p) {
    return (p->wanted - 1) / p->panel + 1;
}

static winograd_plan plan_winograd(const gb_cpu *cpu, const gb_desc *d) {
    winograd_plan p = {.blocks = vectors_of(d->in[0].c)};
    int vectors = vectors_of(d->conv.cout);
    p.tiles_y = (d->in[0].h + TILE - 1) / TILE;
    p.tiles_x = (d->in[0].w + TILE - 1) / TILE;
    p.tiles = d->in[0].n * p.tiles_y * p.tiles_x;
    p.width = tile_width(vectors);
    while (d->conv.wanted && p.width > 1 && d->conv.wanted <= p.width / 2 * VL)
        p.width /= 2;
    p.passes = vectors / p.width;
    p.wanted = d->conv.wanted ? (d->conv.wanted - 1) / (p.width * VL) + 1 : p.passes;

    int pixels = tile_pixels(p.width);
    size_t tile_bytes = sizeof(float) * ELEMENTS * p.width * VL;
    int limit = (int)(cpu->l2 * 2 / 3 / tile_bytes);    /* M and one element's weights fill the second-level cache */
    limit = limit > 96 ? 96 : limit < pixels ? pixels : limit / pixels * pixels;
    if (MULTIPLY_PASSES > 1)
        limit = sizeof(float) * winograd_weight_floats(d) > cpu->l2 / 2 ? MULTIPLY_PIXELS : 96;
    bool few = (p.tiles - 1) / limit + 1 < (MULTIPLY_PASSES > 1 ? 1 : 4) * cpu->workers;
    p.group = group_size(p.tiles, limit, pixels, cpu->workers);
    p.groups = (p.tiles - 1) / p.group + 1;
    int64_t apart = (int64_t)((p.groups - 1) / cpu->workers + 1) * p.group * p.passes;
    int64_t together = (int64_t)((p.passes - 1) / cpu->workers + 1) * p.tiles;
    p.shared = few && (together < apart || sizeof(float) * winograd_weight_floats(d) > cpu->l2 / 2);
    if (p.shared) {
        p.group = group_size(p.tiles, limit, pixels, 1);
        p.groups = (p.tiles - 1) / p.group + 1;
    }
    p.panel = p.shared ? (p.passes - 1) / cpu->workers + 1 : p.passes;
    p.panel = p.panel < MULTIPLY_PASSES ? p.panel : MULTIPLY_PASSES;

    /* Strides that are multiples of 4096 bytes would put all 36 elements into the same few cache lines. */
    p.v_step = (size_t)p.blocks * p.group * VL + 80 * PAIR;
    p.m_step = (size_t)p.group * p.width * VL * p.panel + 80;
    if (d->unstored) {
        int rows = (p.group - 1) / p.tiles_x + 2, most = (p.tiles - 1) / p.tiles_x + 1;
        p.band_pixels = (size_t)(rows < most ? rows : most) * TILE * d->out.w + 80 / VL;
    }
    p.worker_floats = ELEMENTS * (p.m_step + (p.shared ? 0 : p.v_step / PAIR)) + p.band_pixels * vectors * VL + MULTIPLY_FLOATS;
    return p;
}

static size_t winograd_workspace(const gb_cpu *cpu, const gb_desc *d) {
    winograd_plan p = plan_winograd(cpu, d);
    return sizeof(float) * (modulation_floats(d) + (p.shared ? ELEMENTS * p.v_step / PAIR : 0) +
                            p.worker_floats * cpu->workers);
}

/* ------------------------------------------------------------------------------------------------ weights */

static size_t winograd_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (winograd_weight_floats(d) + squares_floats(d));
}

/* A vector of doubles. Weights are transformed only once, so double precision costs nothing. */
typedef double wide __attribute__((vector_size(8 * VL)));

/* G g: row i of G evaluates the kernel at point i and divides by the distances of the point to the others. */
static inline void transform_kernel(const wide g[3], wide u[PATCH]) {
    const double a = 0.75, b = 1.5, A = a * a, B = b * b, near = 1.0 / (2 * A * (A - B)), far = 1.0 / (2 * B * (B - A));
    wide even = near * (g[0] + A * g[2]), odd = near * a * g[1];
    u[0] = g[0] / (A * B);
    u[1] = even + odd;
    u[2] = even - odd;
    even = far * (g[0] + B * g[2]), odd = far * b * g[1];
    u[3] = even + odd;
    u[4] = even - odd;
    u[5] = g[2];
}

typedef struct winograd_packing {
    const gb_desc *d;
    winograd_plan p;
    const float *w;
    operand *packed;           /* [passes][36][cin / PAIR][width · VL][PAIR] */
} winograd_packing;

/* Computes G g Gᵀ for one block of input channels of one pass, a vector of outputs at a time. */
static void winograd_pack_block(void *arg, int task, int worker) {
    const winograd_packing *job = arg;
    const winograd_plan *p = &job->p;
    int cin = job->d->in[0].c, cout = job->d->conv.cout, outputs = p->width * VL;
    int pass = task / p->blocks, first = task % p->blocks * VL;
    size_t step = (size_t)p->blocks * VL * outputs;
    operand *to = job->packed + (size_t)pass * ELEMENTS * step + (size_t)first * outputs;
    (void)worker;
    for (int r = 0; r < p->width; r++)
        for (int i = 0; i < VL; i++) {
            wide g[3][3], rows[PATCH][3], u[PATCH];
            double taps[9][VL] = {{0.0}};
            for (int l = 0; l < VL && first + i < cin; l++) {
                int o = pass * outputs + r * VL + l;
                for (int k = 0; k < 9 && o < cout; k++)
                    taps[k][l] = job->w[((size_t)o * cin + first + i) * 9 + k];
            }
            memcpy(g, taps, sizeof g);
            for (int x = 0; x < 3; x++) {
                const wide column[3] = {g[0][x], g[1][x], g[2][x]};
                transform_kernel(column, u);
                for (int y = 0; y < PATCH; y++)
                    rows[y][x] = u[y];
            }
            for (int y = 0; y < PATCH; y++) {
                transform_kernel(rows[y], u);
                for (int x = 0; x < PATCH; x++)
                    for (int l = 0; l < VL; l++)
                        to[(y * PATCH + x) * step + weight_at(i, r * VL + l, outputs)] = to_operand((float)u[x][l]);
            }
        }
}

static void winograd_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    winograd_packing job = {d, plan_winograd(cpu, d), weights[0], packed};
    pack_squares(cpu, d, weights[0], (float *)packed + winograd_weight_floats(d));
    gb_parallel(cpu, job.p.passes * job.p.blocks, winograd_pack_block, &job);
}

/* ------------------------------------------------------------------------------------------------ transforms */

/* Bᵀ d: row i is the polynomial with zeros at the other points. */
static inline void transform_input(const vec d[PATCH], vec out[PATCH]) {
    const vec a = vset1(0.75f), b = vset1(1.5f), A = vset1(0.5625f), B = vset1(2.25f);
    const vec product = vset1(1.265625f), sum = vset1(2.8125f);
    vec even = vnmadd(B, d[2], d[4]), odd = vnmadd(B, d[1], d[3]);
    out[1] = vmadd(a, odd, even);
    out[2] = vnmadd(a, odd, even);
    even = vnmadd(A, d[2], d[4]), odd = vnmadd(A, d[1], d[3]);
    out[3] = vmadd(b, odd, even);
    out[4] = vnmadd(b, odd, even);
    out[0] = vmadd(product, d[0], vnmadd(sum, d[2], d[4]));
    out[5] = vmadd(product, d[1], vnmadd(sum, d[3], d[5]));
}

/* Aᵀ m: row i weights the points with their i-th powers. */
static inline void transform_output(const vec m[PATCH], vec out[TILE]) {
    const vec a = vset1(0.75f), b = vset1(1.5f), A = vset1(0.5625f), B = vset1(2.25f);
    const vec aaa = vset1(0.421875f), bbb = vset1(3.375f);
    vec even1 = vadd(m[1], m[2]), odd1 = vsub(m[1], m[2]), even2 = vadd(m[3], m[4]), odd2 = vsub(m[3], m[4]);
    out[0] = vadd(m[0], vadd(even1, even2));
    out[1] = vmadd(a, odd1, vmul(b, odd2));
    out[2] = vmadd(A, even1, vmul(B, even2));
    out[3] = vmadd(aaa, odd1, vmadd(bbb, odd2, m[5]));
}

/* Computes Bᵀ (s d) B of the 6×6 patch at x, with rows `row` floats apart, into the 36 planes of v. */
static inline void transform_patch(const float *x, size_t row, vec s, operand *v, size_t v_step) {
    vec columns[PATCH][PATCH];
    for (int j = 0; j < PATCH; j++) {
        vec d[PATCH], t[PATCH];
        for (int i = 0; i < PATCH; i++)
            d[i] = vmul(vload(x + i * row + j * VL), s);
        transform_input(d, t);
        for (int i = 0; i < PATCH; i++)
            columns[i][j] = t[i];
    }
    for (int i = 0; i < PATCH; i++) {
        vec t[PATCH];
        transform_input(columns[i], t);
        for (int j = 0; j < PATCH; j++)
            store_operands(v + (i * PATCH + j) * v_step, t[j]);
    }
}

/* Some rows of a sample's map: pixel p of block b is at x + b · block + (p + shift) · VL. */
typedef struct map_rows {
    float *x;
    size_t block;
    ptrdiff_t shift;
} map_rows;

typedef struct winograd_job {
    const gb_desc *d;
    const gb_args *args;
    winograd_plan p;
    modulation m;
    const map_rows *in;         /* those rows of the input that exist; NULL = args->in[0] has all */
    int first, end;             /* tiles that are computed, counted through all samples */
    operand *shared_v;
    float *scratch;             /* worker_floats for every worker */
    int group;              /* the current one, if workers share it */
    bool stream;            /* the output is larger than the caches: stores bypass them */
} winograd_job;

static inline int group_first(const winograd_job *job, int group) {
    return job->first + group * job->p.group;
}

static inline int group_end(const winograd_job *job, int group) {
    int end = group_first(job, group) + job->p.group;
    return end < job->end ? end : job->end;
}

static inline float *workers_m(const winograd_job *job, int worker) {
    return job->scratch + job->p.worker_floats * worker;
}

typedef struct tile_at { int n, y, x; } tile_at;    /* first pixel */

static inline tile_at find_tile(const winograd_plan *p, int t) {
    int per_sample = p->tiles_y * p->tiles_x, rest = t % per_sample;
    return (tile_at){t / per_sample, rest / p->tiles_x * TILE, rest % p->tiles_x * TILE};
}

/* Copies the patch around a tile with zeros for everything outside the map and outside the layer's channels. */
static void copy_patch(const float *x, int height, int width, int y, int x0, int valid,
                       float patch[PATCH * PATCH * VL]) {
    for (int i = 0; i < PATCH; i++)
        for (int j = 0; j < PATCH; j++) {
            int py = y + i - 1, px = x0 + j - 1;
            bool inside = py >= 0 && py < height && px >= 0 && px < width;
            vstore(patch + (i * PATCH + j) * VL,
                   inside ? vkeep_first(vload(x + ((size_t)py * width + px) * VL), valid) : vset1(0.0f));
        }
}

/* Transforms one block of input channels of a group into v [36][cin][group]. */
static void transform_block(const winograd_job *job, int group, int block, operand *v) {
    const winograd_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    int first = group_first(job, group), end = group_end(job, group);
    int valid = in->c - block * VL < VL ? in->c - block * VL : VL;
    float patch[PATCH * PATCH * VL];
    v += (size_t)block * p->group * VL;
    for (int t = 0; t < p->group; t++, v += VL) {
        if (first + t >= end) {             /* fills the register tile; the products are not used */
            for (int element = 0; element < ELEMENTS; element++)
                store_operands(v + element * p->v_step, vset1(0.0f));
            continue;
        }
        tile_at at = find_tile(p, first + t);
        const float *x = job->in ? job->in->x + block * job->in->block + job->in->shift * VL
                                 : gb_plane(job->args->in[0], at.n, block * VL);
        vec s = vload(job->m.s + ((size_t)at.n * p->blocks + block) * VL);
        bool inside = at.y > 0 && at.x > 0 && at.y + TILE < in->h && at.x + TILE < in->w && valid == VL;
        if (inside) {
            transform_patch(x + ((size_t)(at.y - 1) * in->w + at.x - 1) * VL, (size_t)in->w * VL, s, v, p->v_step);
        } else {
            copy_patch(x, in->h, in->w, at.y, at.x, valid, patch);
            transform_patch(patch, PATCH * VL, s, v, p->v_step);
        }
    }
}

/* Transforms a tile of one output vector back, demodulates it, applies the epilogue and stores it. */
static inline void store_tile(const winograd_job *job, tile_at at, const float *m, vec demodulate,
                               const channel_writer *to) {
    const gb_shape *out = &job->d->out;
    vec rows[TILE][PATCH];
    for (int j = 0; j < PATCH; j++) {
        vec column[PATCH], t[TILE];
        for (int i = 0; i < PATCH; i++)
            column[i] = vload(m + (i * PATCH + j) * job->p.m_step);
        transform_output(column, t);
        for (int i = 0; i < TILE; i++)
            rows[i][j] = t[i];
    }
    bool inside = at.y + TILE <= out->h && at.x + TILE <= out->w;
    for (int i = 0; i < TILE; i++) {
        vec y[TILE];
        size_t p = (size_t)(at.y + i) * out->w + at.x;
        transform_output(rows[i], y);
        for (int j = 0; j < TILE; j++)
            y[j] = vmul(y[j], demodulate);
        if (inside)
            store_channels(to, p, y, TILE);
        else
            for (int j = 0; j < TILE && at.y + i < out->h && at.x + j < out->w; j++)
                store_channel(to, p + j, y[j]);
    }
}

/* The first row of tiles of a group, counted through all samples. */
static inline int first_row(const winograd_job *job, int group) {
    return group_first(job, group) / job->p.tiles_x;
}

/* A worker's rows of tiles of a group, [vectors][band_pixels][VL], if the map is not stored. */
static inline float *band_of(const winograd_job *job, float *m) {
    const winograd_plan *p = &job->p;
    return m + p->worker_floats - MULTIPLY_FLOATS - p->band_pixels * vectors_of(job->d->conv.cout) * VL;
}

/* From a pixel of the sample's map to its place in the band. */
static inline ptrdiff_t band_shift(const winograd_job *job, int group, int n) {
    return (ptrdiff_t)(n * job->p.tiles_y - first_row(job, group)) * TILE * job->d->out.w;
}

/* Writes outputs c, c + 1, … of a sample: to the map, or to the worker's band of a group. */
static inline channel_writer group_writer(const winograd_job *job, int group, float *m, int n, int c) {
    if (!job->d->unstored)
        return channel_writer_at(job->args->out, job->args->epilogue, n, c);
    channel_writer to = channel_writer_to(band_of(job, m) + c / VL * job->p.band_pixels * VL, &job->d->out,
                                          job->args->epilogue, n, c);
    to.shift = band_shift(job, group, n);
    return to;
}

/* Multiplies a transformed group with the weights of a panel of outputs and stores the results. */
static void multiply_panel(const winograd_job *job, int group, int panel, const operand *v, float *m) {
    const winograd_plan *p = &job->p;
    const ptrdiff_t no_offset = 0;
    int first = group_first(job, group), count = group_end(job, group) - first;
    float *scratch = m + p->worker_floats - MULTIPLY_FLOATS;
    int pass = panel * p->panel, passes = p->wanted - pass < p->panel ? p->wanted - pass : p->panel;
    size_t outputs = (size_t)p->width * VL, slab = p->blocks * VL * outputs, acc_pass = p->group * outputs;
    const operand *u = (const operand *)job->args->packed + pass * ELEMENTS * slab;
    tile_job products[ELEMENTS];
    for (int element = 0; element < ELEMENTS; element++)
        products[element] = (tile_job){
            .x = v + element * p->v_step, .x_block = (size_t)p->group * VL, .taps = &no_offset, .ntaps = 1,
            .count = count, .blocks = p->blocks, .w = u + element * slab, .w_block = VL * outputs, .passes = passes,
            .w_pass = ELEMENTS * slab, .acc = m + element * p->m_step, .acc_pass = acc_pass, .scratch = scratch};
    multiply(products, ELEMENTS, p->width);
    for (int r = 0; r < passes * p->width; r++) {
        int c = (pass * p->width + r) * VL, sample = -1;
        const float *from = m + r / p->width * acc_pass + r % p->width * VL;
        channel_writer to = {0};
        vec demodulate = vset1(1.0f);
        for (int t = 0; t < count; t++) {
            tile_at at = find_tile(p, first + t);
            if (at.n != sample) {
                sample = at.n;
                to = group_writer(job, group, m, sample, c);
                to.stream = job->stream;
                demodulate = vload(job->m.d + (size_t)sample * VL * vectors_of(job->d->conv.cout) + c);
            }
            store_tile(job, at, from + t * outputs, demodulate, &to);
        }
    }
    if (job->stream)
        vstream_end();
}

/* Runs the follower on the pixels of a group: on each row as far as the group's tiles reach in it. */
static void follow_group(const winograd_job *job, int group, float *m) {
    const winograd_plan *p = &job->p;
    const gb_shape *out = &job->d->out;
    int end = group_end(job, group);
    for (int t = group_first(job, group), count; t < end; t += count) {
        tile_at at = find_tile(p, t);
        count = p->tiles_x - t % p->tiles_x < end - t ? p->tiles_x - t % p->tiles_x : end - t;
        int last = at.x + count * TILE < out->w ? at.x + count * TILE : out->w;
        size_t step = job->d->unstored ? p->band_pixels : (size_t)out->h * out->w;
        for (int y = at.y; y < at.y + TILE && y < out->h; y++) {
            size_t pixel = (size_t)y * out->w + at.x;
            const float *x = job->d->unstored ? band_of(job, m) + ((ptrdiff_t)pixel + band_shift(job, group, at.n)) * VL
                                              : gb_plane(job->args->out, at.n, 0) + pixel * VL;
            follow_pixels(job->args->follower, at.n, x, step, pixel, last - at.x);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ running */

static void run_group(void *arg, int group, int worker) {
    const winograd_job *job = arg;
    float *m = workers_m(job, worker);
    operand *v = (operand *)(m + ELEMENTS * job->p.m_step);
    for (int block = 0; block < job->p.blocks; block++)
        transform_block(job, group, block, v);
    for (int panel = 0; panel < panels(&job->p); panel++)
        multiply_panel(job, group, panel, v, m);
    if (job->args->follower)
        follow_group(job, group, m);
}

static void transform_shared(void *arg, int block, int worker) {
    const winograd_job *job = arg;
    (void)worker;
    transform_block(job, job->group, block, job->shared_v);
}

static void multiply_shared(void *arg, int panel, int worker) {
    const winograd_job *job = arg;
    multiply_panel(job, job->group, panel, job->shared_v, workers_m(job, worker));
}

/* What all groups have in common. Styles and demodulation are computed. */
static winograd_job winograd_begin(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    winograd_job job = {.d = d, .args = args, .p = plan_winograd(cpu, d)};
    float *at = args->workspace;
    job.stream = !args->follower && gb_shape_floats(&d->out) * sizeof(float) > 2 * cpu->l3;
    if (args->follower)
        torgb_style(args->follower->desc, args->follower->args);
    job.m = modulate(cpu, d, args, (const float *)args->packed + winograd_weight_floats(d), at);
    job.scratch = at + modulation_floats(d);
    job.end = job.p.tiles;
    return job;
}

/* Runs the groups of some tiles, of which each worker takes one. */
static void winograd_run_tiles(const gb_cpu *cpu, winograd_job *job, int first, int end) {
    job->first = first;
    job->end = end;
    gb_parallel(cpu, (end - first - 1) / job->p.group + 1, run_group, job);
}

static void winograd_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    winograd_job job = winograd_begin(cpu, d, args);
    if (job.p.shared) {
        job.shared_v = (operand *)job.scratch;
        job.scratch += ELEMENTS * job.p.v_step / PAIR;
        for (job.group = 0; job.group < job.p.groups; job.group++) {
            gb_parallel(cpu, job.p.blocks, transform_shared, &job);
            gb_parallel(cpu, panels(&job.p), multiply_shared, &job);
        }
    } else {
        winograd_run_tiles(cpu, &job, 0, job.p.tiles);
    }
}

/* On maps smaller than 16×16, tiles extend past the edge and there are more transformed weights than pixels. */
static bool winograd_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return blocked_maps(d) && d->conv.kernel == 3 && d->conv.up == 1 && d->in[0].h >= 16 && d->in[0].w >= 16;
}

static bool winograd_pays(const gb_desc *d) {
    return multiply_pays(d, 64, d->conv.wanted ? INT_MAX : 64, 32);
}

/* Of workers that share a group, none has all outputs of a pixel. */
static bool winograd_follows(const gb_cpu *cpu, const gb_desc *d, const gb_op_row *row, const gb_desc *follower) {
    return is_torgb(row, follower) && !d->conv.wanted && !plan_winograd(cpu, d).shared;
}

static const gb_op_row row_winograd = {
    .op = GB_OP_MODULATED_CONV2D, .form = "winograd", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = winograd_supports, .pays = winograd_pays, .packed_size = winograd_packed_size, .pack = winograd_pack,
    .workspace = winograd_workspace, .run = winograd_run, .follows = winograd_follows,
};
