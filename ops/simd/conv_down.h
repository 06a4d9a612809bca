/* The adjoint of the upsampling convolution: the transposed FIR gives the four parts of t (even or odd rows and columns,
 * H+1 or H of them), and the convolution with stride 2 is the sum of one convolution of each part, of 4, 2, 2 and 1 taps:
 *
 *   y[a,b] = Σ W[0|2, 0|2] t₀[a|a+1, b|b+1] + W[0|2, 1] t₁[a|a+1, b] + W[1, 0|2] t₂[a, b|b+1] + W[1,1] t₃[a,b]
 *
 * All pixels of a part of a band form one long row of W+1 pixels each, in which a tap is a constant offset. A task
 * computes a band of rows, or, if there are few bands, the workers share one and divide its channels. */

enum { DOWN_ROWS = 4 };             /* least rows of a band: each band computes one row of t more */

typedef struct down_plan {
    int blocks, width, passes;      /* blocks of input channels; vectors of a register tile; tiles of all outputs */
    int row, band, bands;           /* pixels of a row of a part; output rows of a band; bands of a sample */
    bool shared;
    size_t part, x_block;           /* operands of a part of a block, and of all parts */
    size_t t_floats, acc_floats;
} down_plan;

static down_plan plan_down(const gb_cpu *cpu, const gb_desc *d) {
    int vectors = vectors_of(d->conv.cout), h = d->out.h;
    down_plan p = {.blocks = vectors_of(d->in[0].c), .width = tile_width(vectors), .row = d->out.w + 1};
    p.passes = vectors / p.width;
    size_t row_bytes = sizeof(float) * VL * p.row * (4 * (size_t)p.blocks + p.width);
    size_t rows = cpu->l2 / 2 / row_bytes;
    p.band = rows < DOWN_ROWS ? DOWN_ROWS : rows < 32 ? (int)rows : 32;
    p.band = p.band < h ? p.band : h;
    p.bands = (h - 1) / p.band + 1;
    p.shared = d->out.n * p.bands < 4 * cpu->workers;
    p.part = ((size_t)(p.band + 1) * p.row + 1 + tile_pixels(p.width)) * VL;
    p.x_block = 4 * p.part + 16;
    p.t_floats = p.blocks * p.x_block;
    p.acc_floats = ((size_t)p.band * p.row + tile_pixels(p.width)) * p.width * VL;
    return p;
}

static size_t down_workspace(const gb_cpu *cpu, const gb_desc *d) {
    down_plan p = plan_down(cpu, d);
    return sizeof(float) * ((p.shared ? p.t_floats : 0) + cpu->workers * (p.acc_floats + (p.shared ? 0 : p.t_floats)));
}

/* ------------------------------------------------------------------------------------------------ weights */

static const direct_part down_parts[4] = {{4, {0, 2, 6, 8}}, {2, {1, 7}}, {2, {3, 5}}, {1, {4}}};

static size_t down_weight_floats(const gb_desc *d) {
    return 9 * (size_t)vectors_of(d->in[0].c) * VL * vectors_of(d->conv.cout) * VL;
}

static size_t down_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (down_weight_floats(d) + 16);
}

typedef struct down_packing { const gb_desc *d; const float *w; float *to; } down_packing;

/* One block of input channels of one pass of [passes][cin blocks][taps][VL][width · VL], the taps part by part. */
static void down_pack_block(void *arg, int task, int worker) {
    const down_packing *job = arg;
    int cin = job->d->in[0].c, cout = job->d->conv.cout, blocks = vectors_of(cin);
    int outputs = tile_width(vectors_of(cout)) * VL, first = task % blocks * VL, first_out = task / blocks * outputs;
    float *to = job->to + (size_t)task * 9 * VL * outputs;
    (void)worker;
    for (int part = 0; part < 4; part++)
        for (int k = 0; k < down_parts[part].ntaps; k++, to += VL * outputs)
            for (int o = 0; o < outputs; o++)
                for (int i = 0; i < VL; i++)
                    to[weight_at(i, o, outputs)] =
                        first + i < cin && first_out + o < cout
                            ? job->w[((size_t)(first_out + o) * cin + first + i) * 9 + down_parts[part].taps[k]] : 0.0f;
}

static void down_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    down_packing job = {d, weights[0], packed};
    int vectors = vectors_of(d->conv.cout);
    gb_parallel(cpu, vectors / tile_width(vectors) * vectors_of(d->in[0].c), down_pack_block, &job);
    for (int k = 0; k < 16; k++)
        ((float *)packed)[down_weight_floats(d) + k] = 4.0f * weights[1][k];
}

/* ------------------------------------------------------------------------------------------------ running */

typedef struct down_job {
    const gb_desc *d;
    const gb_args *args;
    down_plan p;
    float *shared_t, *scratch;
    int n, first;               /* of a shared band */
} down_job;

/* t[2a + phase/2, 2b + phase%2] = Σ f[ky,kx] g[ty − 2 + ky, tx − 2 + kx] · s */
static inline vec down_fir(const float *fir, const float *g, int h, int w, int ty, int tx, bool inside) {
    vec sum = vset1(0.0f);
    const float *at = g + ((ptrdiff_t)(ty - 2) * w + tx - 2) * VL;
    for (int ky = 0; ky < 4; ky++, at += (ptrdiff_t)w * VL)
        for (int kx = 0; kx < 4; kx++)
            if (inside || (ty - 2 + ky >= 0 && ty - 2 + ky < h && tx - 2 + kx >= 0 && tx - 2 + kx < w))
                sum = vmadd(vset1(fir[4 * ky + kx]), vload(at + kx * VL), sum);
    return sum;
}

/* The four parts of a band for one block of input channels. */
static void down_smooth(const down_job *job, int n, int first, int block, float *t) {
    const down_plan *p = &job->p;
    const gb_desc *d = job->d;
    int h = d->in[0].h, w = d->in[0].w, rows = d->out.h - first < p->band ? d->out.h - first : p->band;
    int valid = d->in[0].c - block * VL < VL ? d->in[0].c - block * VL : VL;
    const float *g = gb_plane(job->args->in[0], n, block * VL);
    const float *fir = (const float *)job->args->packed + down_weight_floats(d);
    vec s = vset1(1.0f);
    if (d->conv.modulated)
        s = vmul(vload_first(gb_plane(job->args->in[1], n, block * VL), valid), vset1(d->conv.style_gain));
    t += block * p->x_block;
    for (int part = 0; part < 4; part++)
        for (int a = 0; a <= rows; a++)
            for (int b = 0; b < p->row; b++) {
                int ty = 2 * (first + a) + part / 2, tx = 2 * b + part % 2;
                vec v = vset1(0.0f);        /* of parts with odd rows or columns, the last ones do not exist */
                if (ty <= h && tx <= w) {
                    bool inside = ty >= 2 && ty + 2 <= h && tx >= 2 && tx + 2 <= w;
                    v = vmul(vkeep_first(down_fir(fir, g, h, w, ty, tx, inside), valid), s);
                }
                vstore(t + part * p->part + ((size_t)a * p->row + b) * VL, v);
            }
    for (int part = 0; part < 4; part++)    /* pixels past the last one, which tiles and taps read */
        for (size_t k = (size_t)(rows + 1) * p->row * VL; k < p->part; k += VL)
            vstore(t + part * p->part + k, vset1(0.0f));
}

/* One pass of outputs of a band. Input channels are processed in slabs, whose weights stay in the cache while the
 * pixels pass. */
static void down_multiply(const down_job *job, int n, int first, int pass, const float *t, float *acc) {
    const down_plan *p = &job->p;
    const gb_desc *d = job->d;
    int rows = d->out.h - first < p->band ? d->out.h - first : p->band, slab;
    size_t outputs = (size_t)p->width * VL, w_block = 9 * VL * outputs;
    const float *w_pass = (const float *)job->args->packed + (size_t)pass * p->blocks * w_block;
    slab = (int)((256u << 10) / (w_block * sizeof(float)));
    slab = slab < 1 ? 1 : slab;
    for (int block = 0; block < p->blocks; block += slab) {
        const float *w = w_pass + block * w_block;
        for (int part = 0; part < 4; part++) {
            ptrdiff_t taps[4];
            for (int k = 0; k < down_parts[part].ntaps; k++) {
                int tap = down_parts[part].taps[k];
                taps[k] = ((tap / 3 == 2 ? p->row : 0) + (tap % 3 == 2 ? 1 : 0)) * VL;
            }
            tile_job tile = {.x = t + block * p->x_block + part * p->part, .x_block = p->x_block, .taps = taps,
                             .ntaps = down_parts[part].ntaps, .passes = 1,
                             .blocks = p->blocks - block < slab ? p->blocks - block : slab,
                             .w = w, .w_block = w_block, .acc = acc, .count = rows * p->row, .more = block > 0 || part > 0};
            multiply(&tile, 1, p->width);
            w += down_parts[part].ntaps * VL * outputs;
        }
    }
    for (int r = 0; r < p->width; r++) {
        channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n, (pass * p->width + r) * VL);
        for (int a = 0; a < rows; a++)
            for (int b = 0; b < d->out.w; b++)
                store_channel(&to, (size_t)(first + a) * d->out.w + b,
                              vload(acc + ((size_t)a * p->row + b) * outputs + r * VL));
    }
}

static void down_band(void *arg, int task, int worker) {
    const down_job *job = arg;
    const down_plan *p = &job->p;
    int n = task / p->bands, first = task % p->bands * p->band;
    float *t = job->scratch + (p->t_floats + p->acc_floats) * worker;
    for (int block = 0; block < p->blocks; block++)
        down_smooth(job, n, first, block, t);
    for (int pass = 0; pass < p->passes; pass++)
        down_multiply(job, n, first, pass, t, t + p->t_floats);
}

static void down_smooth_shared(void *arg, int block, int worker) {
    const down_job *job = arg;
    (void)worker;
    down_smooth(job, job->n, job->first, block, job->shared_t);
}

static void down_multiply_shared(void *arg, int pass, int worker) {
    const down_job *job = arg;
    down_multiply(job, job->n, job->first, pass, job->shared_t, job->scratch + job->p.acc_floats * worker);
}

static void down_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    down_job job = {.d = d, .args = args, .p = plan_down(cpu, d)};
    job.shared_t = args->workspace;
    job.scratch = (float *)args->workspace + (job.p.shared ? job.p.t_floats : 0);
    if (!job.p.shared) {
        gb_parallel(cpu, d->out.n * job.p.bands, down_band, &job);
        return;
    }
    for (job.n = 0; job.n < d->out.n; job.n++)
        for (job.first = 0; job.first < d->out.h; job.first += job.p.band) {
            gb_parallel(cpu, job.p.blocks, down_smooth_shared, &job);
            gb_parallel(cpu, job.p.passes, down_multiply_shared, &job);
        }
}

static bool down_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return blocked_maps(d);
}

static const gb_op_row row_conv_down = {
    .op = GB_OP_CONV_DOWN, .form = "parts", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = down_supports, .packed_size = down_packed_size, .pack = down_pack, .workspace = down_workspace,
    .run = down_run,
};
