/* Dense layers: the pixels of the register tile are samples, its vectors are outputs. Each output is one chain of fma
 * over the inputs, so a sample has the same bits alone and in a batch. Large layers are at the end of this page. */

typedef struct linear_plan { int blocks, width, passes, samples; } linear_plan;

static linear_plan plan_linear(const gb_desc *d) {
    int vectors = vectors_of(d->linear.cout);
    linear_plan p = {.blocks = vectors_of(d->in[0].c), .width = tile_width(vectors)};
    p.passes = vectors / p.width;
    p.samples = d->out.n == 1 ? 1 : (d->out.n + 11) / 12 * 12;   /* a multiple of the pixels of any register tile */
    return p;
}

static size_t linear_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    linear_plan p = plan_linear(d);
    (void)cpu;
    return sizeof(float) * p.blocks * VL * p.passes * p.width * VL;
}

static void linear_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    pack_matrix(cpu, weights[0], d->in[0].c, d->linear.cout, packed);
}

static size_t linear_workspace(const gb_cpu *cpu, const gb_desc *d) {
    linear_plan p = plan_linear(d);
    return sizeof(float) * p.samples * VL * (p.blocks + (size_t)p.width * cpu->workers);
}

static void linear_pass(void *arg, int pass, int worker) {
    const gb_job *job = arg;
    linear_plan p = plan_linear(job->d);
    const ptrdiff_t no_offset = 0;
    const float *x = job->args->workspace;
    size_t x_block = (size_t)p.samples * VL, w_block = VL * p.width * VL;
    float *acc = (float *)job->args->workspace + p.blocks * x_block + x_block * p.width * worker;
    tile_job tile = {.x = x, .x_block = x_block, .taps = &no_offset, .ntaps = 1, .passes = 1, .blocks = p.blocks,
                     .w = (const float *)job->args->packed + pass * p.blocks * w_block, .w_block = w_block,
                     .acc = acc, .count = job->d->out.n};
    multiply(&tile, 1, p.width);
    for (int n = 0; n < job->d->out.n; n++)
        for (int r = 0; r < p.width && (pass * p.width + r) * VL < job->d->out.c; r++) {
            channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n, (pass * p.width + r) * VL);
            store_channel(&to, 0, vmul(vload(acc + (n * p.width + r) * VL), vset1(job->d->linear.gain)));
        }
}

/* Copies the inputs of a layer to vectors. */
static void linear_copy(const gb_desc *d, const gb_args *args) {
    linear_plan p = plan_linear(d);
    float *x = args->workspace;
    memset(x, 0, sizeof(float) * p.blocks * p.samples * VL);
    for (int n = 0; n < d->out.n; n++) {
        const float *from = gb_plane(args->in[0], n, 0);
        for (int b = 0; b < p.blocks; b++) {
            int valid = d->in[0].c - b * VL < VL ? d->in[0].c - b * VL : VL;
            vstore(x + ((size_t)b * p.samples + n) * VL, vload_first(from + b * VL, valid));
        }
    }
}

static void linear_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    linear_copy(d, args);
    gb_parallel_work(cpu, gb_op_macs(d), plan_linear(d).passes, linear_pass, &job);
}

/* Pass `task` of all layers counted together. */
static void linear_pass_of_all(void *arg, int task, int worker) {
    const gb_use *use = arg;
    for (int passes; task >= (passes = plan_linear(use->desc).passes); use++)
        task -= passes;
    gb_job job = {.d = use->desc, .args = use->args};
    linear_pass(&job, task, worker);
}

/* The styles of all layers of a network: one after the other they would keep the threads waiting for each other longer than
 * they compute. */
static void linear_run_all(const gb_cpu *cpu, const gb_use *uses, int count) {
    size_t macs = 0;
    int passes = 0;
    for (int i = 0; i < count; i++) {
        linear_copy(uses[i].desc, uses[i].args);
        macs += gb_op_macs(uses[i].desc);
        passes += plan_linear(uses[i].desc).passes;
    }
    gb_parallel_work(cpu, macs, passes, linear_pass_of_all, (void *)uses);
}

enum { LARGE_LAYER = 1 << 20 };     /* weights */

static bool is_large_layer(const gb_desc *d) {
    return (size_t)d->in[0].c * (size_t)d->linear.cout >= LARGE_LAYER;
}

static bool linear_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == 1 && d->out.block == 1 && !d->linear.selects && !is_large_layer(d);
}

static const gb_op_row row_linear = {
    .op = GB_OP_LINEAR, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = linear_supports, .packed_size = linear_packed_size, .pack = linear_pack,
    .workspace = linear_workspace, .run = linear_run, .run_all = linear_run_all,
};

/* Large layers read their weights as they are stored: memory limits their speed, and packed weights would be another
 * copy of most of a network like VGG-16. Each output is the sum of VL chains of fma, over every VL-th input. */

enum { DOT_ROWS = 4, DOT_SAMPLES = 2, DOT_AHEAD = 512 };       /* DOT_AHEAD: floats from a load to its prefetch */

typedef struct dot_job {
    const float *w[DOT_ROWS], *x[DOT_SAMPLES];
    int count;
} dot_job;

/* sums[s][r] = Σ_k w[r][k] · x[s][k]. Forced inline so that the count is a constant and the sums registers. */
static inline __attribute__((always_inline)) void dot_rows(const dot_job *job, float sums[DOT_SAMPLES][DOT_ROWS],
                                                           const int samples) {
    vec a[DOT_SAMPLES][DOT_ROWS], all[DOT_SAMPLES][DOT_ROWS], x[DOT_SAMPLES];
    int k = 0;
    for (int s = 0; s < samples; s++)
        for (int r = 0; r < DOT_ROWS; r++)
            a[s][r] = vset1(0.0f);
    for (; k + VL <= job->count; k += VL) {
        for (int s = 0; s < samples; s++)
            x[s] = vload(job->x[s] + k);
        for (int r = 0; r < DOT_ROWS; r++) {
            vec w = vload(job->w[r] + k);
            vprefetch(job->w[r] + k + DOT_AHEAD);
            for (int s = 0; s < samples; s++)
                a[s][r] = vmadd(w, x[s], a[s][r]);
        }
    }
    for (int s = 0; s < samples; s++)       /* a copy, because GCC stores in every round what this loop reads from memory */
        for (int r = 0; r < DOT_ROWS; r++)
            all[s][r] = a[s][r];
    if (k < job->count)
        for (int r = 0; r < DOT_ROWS; r++) {
            vec w = vload_first(job->w[r] + k, job->count - k);
            for (int s = 0; s < samples; s++)
                all[s][r] = vmadd(w, vload_first(job->x[s] + k, job->count - k), all[s][r]);
        }
    for (int s = 0; s < samples; s++)
        vsum4(all[s][0], all[s][1], all[s][2], all[s][3], sums[s]);
}

/* One vector of outputs. */
static void large_linear_vector(void *arg, int vector, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const float *weights = job->args->packed;
    int samples = d->out.n, first = vector * VL;
    (void)worker;
    for (int n = 0; n < samples; n += DOT_SAMPLES) {
        bool both = n + 1 < samples;
        float y[DOT_SAMPLES][VL], sums[DOT_SAMPLES][DOT_ROWS];
        dot_job dot = {.x = {gb_plane(job->args->in[0], n, 0), gb_plane(job->args->in[0], both ? n + 1 : n, 0)},
                       .count = d->in[0].c};
        for (int o = 0; o < VL; o += DOT_ROWS) {
            for (int r = 0; r < DOT_ROWS; r++) {        /* past the last output, the last one again */
                int row = first + o + r < d->out.c ? first + o + r : d->out.c - 1;
                dot.w[r] = weights + (size_t)row * (size_t)d->in[0].c;
            }
            if (both)
                dot_rows(&dot, sums, DOT_SAMPLES);
            else
                dot_rows(&dot, sums, 1);
            for (int s = 0; s < (both ? DOT_SAMPLES : 1); s++)
                memcpy(y[s] + o, sums[s], sizeof sums[s]);
        }
        for (int s = 0; s < (both ? DOT_SAMPLES : 1); s++) {
            channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n + s, first);
            store_channel(&to, 0, vmul(vload(y[s]), vset1(d->linear.gain)));
        }
    }
}

static void large_linear_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, vectors_of(d->out.c), large_linear_vector, &job);
}

static bool large_linear_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == 1 && d->out.block == 1 && !d->linear.selects && is_large_layer(d);
}

static const gb_op_row row_large_linear = {
    .op = GB_OP_LINEAR, .form = "rows", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = large_linear_supports, .packed_size = gb_plain_packed_size, .pack = gb_plain_pack, .as_stored = true,
    .run = large_linear_run,
};
