/* Dense layers: the pixels of the register tile are samples, its vectors are outputs. Each output is one chain of fma
 * over the inputs, so a sample has the same bits alone and in a batch. */

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
    tile_job tile = {.x = x, .x_block = x_block, .taps = &no_offset, .ntaps = 1, .blocks = p.blocks,
                     .w = (const float *)job->args->packed + pass * p.blocks * w_block, .w_block = w_block};
    multiply(tile, acc, p.width, job->d->out.n);
    for (int n = 0; n < job->d->out.n; n++)
        for (int r = 0; r < p.width && (pass * p.width + r) * VL < job->d->out.c; r++) {
            channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n, (pass * p.width + r) * VL);
            store_channel(&to, 0, vmul(vload(acc + (n * p.width + r) * VL), vset1(job->d->linear.gain)));
        }
}

static void linear_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    linear_plan p = plan_linear(d);
    gb_job job = {cpu, d, args};
    float *x = args->workspace;
    memset(x, 0, sizeof(float) * p.blocks * p.samples * VL);
    for (int n = 0; n < d->out.n; n++) {
        const float *from = gb_plane(args->in[0], n, 0);
        for (int b = 0; b < p.blocks; b++) {
            int valid = d->in[0].c - b * VL < VL ? d->in[0].c - b * VL : VL;
            vstore(x + ((size_t)b * p.samples + n) * VL, vload_first(from + b * VL, valid));
        }
    }
    gb_parallel(cpu, p.passes, linear_pass, &job);
}

static bool linear_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == 1 && d->out.block == 1;
}

static const gb_op_row row_linear = {
    .op = GB_OP_LINEAR, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = linear_supports, .packed_size = linear_packed_size, .pack = linear_pack,
    .workspace = linear_workspace, .run = linear_run,
};
