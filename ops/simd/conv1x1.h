/* The 1×1 convolution: a matrix product. A task copies a band of modulated pixels into contiguous memory, because the
 * channel blocks of a pixel are whole maps apart and would compete for the same cache lines, and multiplies the copy
 * with some or all of the weights. */

typedef struct conv1x1_plan {
    int blocks, width, passes;      /* blocks of input channels; vectors of a register tile; tiles of all outputs */
    int panel;                      /* register tiles that are multiplied at once */
    int band, bands;                /* pixels of a task, a multiple of those of a register tile; bands of a sample */
    size_t worker_floats;
} conv1x1_plan;

static conv1x1_plan plan_conv1x1(const gb_cpu *cpu, const gb_desc *d) {
    int vectors = vectors_of(d->conv.cout), size = d->in[0].h * d->in[0].w;
    conv1x1_plan p = {.blocks = vectors_of(d->in[0].c), .width = tile_width(vectors)};
    p.passes = vectors / p.width;
    p.panel = p.passes < MULTIPLY_PASSES ? p.passes : MULTIPLY_PASSES;

    /* Pixels in and out take a quarter of the second-level cache, so that the weights of a pass fit into the rest. */
    int step = tile_pixels(p.width), limit = (int)(cpu->l2 / 4 / (sizeof(float) * VL * (p.blocks + p.width)));
    limit = limit > 96 ? 96 : limit < step ? step : limit / step * step;
    share_bands(size, limit, step, &p.band, &p.bands);
    p.worker_floats = (size_t)p.band * VL * p.blocks / PAIR + (size_t)p.band * VL * p.width * p.panel + MULTIPLY_FLOATS;
    return p;
}

static size_t conv1x1_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(float) * (modulation_floats(d) + plan_conv1x1(cpu, d).worker_floats * cpu->workers);
}

static size_t conv1x1_weight_floats(const gb_desc *d) {
    return (size_t)vectors_of(d->in[0].c) * VL * vectors_of(d->conv.cout) * VL / PAIR;
}

static size_t conv1x1_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (conv1x1_weight_floats(d) + squares_floats(d));
}

static void conv1x1_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    pack_matrix(cpu, weights[0], d->in[0].c, d->conv.cout, packed);
    pack_squares(cpu, d, weights[0], (float *)packed + conv1x1_weight_floats(d));
}

typedef struct conv1x1_job {
    const gb_desc *d;
    const gb_args *args;
    conv1x1_plan p;
    modulation m;
    int shares;             /* tasks that divide the passes of a band */
    float *scratch;
} conv1x1_job;

static void conv1x1_band(void *arg, int task, int worker) {
    const conv1x1_job *job = arg;
    const conv1x1_plan *p = &job->p;
    const gb_desc *d = job->d;
    const ptrdiff_t no_offset = 0;
    int share = task % job->shares, band = task / job->shares, n = band / p->bands, size = d->in[0].h * d->in[0].w;
    int first = band % p->bands * p->band, count = size - first < p->band ? size - first : p->band;
    size_t x_block = (size_t)p->band * VL, w_pass = (size_t)p->blocks * VL * p->width * VL;
    float *scratch = job->scratch + p->worker_floats * worker, *acc = scratch + p->blocks * x_block / PAIR;
    operand *x = (operand *)scratch;
    for (int b = 0; b < p->blocks; b++) {
        int valid = d->in[0].c - b * VL < VL ? d->in[0].c - b * VL : VL;
        const float *from = gb_plane(job->args->in[0], n, b * VL) + (size_t)first * VL;
        vec s = vload(job->m.s + ((size_t)n * p->blocks + b) * VL);
        for (int j = 0; j < count; j++)
            store_operands(x + b * x_block + j * VL, vmul(vkeep_first(vload(from + j * VL), valid), s));
        for (int j = count; j < p->band; j++)
            store_operands(x + b * x_block + j * VL, vset1(0.0f));
    }
    int end = p->passes * (share + 1) / job->shares;
    for (int pass = p->passes * share / job->shares; pass < end; pass += p->panel) {
        int passes = end - pass < p->panel ? end - pass : p->panel;
        tile_job tile = {.x = x, .x_block = x_block, .taps = &no_offset, .ntaps = 1, .blocks = p->blocks,
                         .w = (const operand *)job->args->packed + pass * w_pass,
                         .w_block = (size_t)VL * p->width * VL, .passes = passes, .w_pass = w_pass,
                         .acc = acc, .acc_pass = (size_t)p->band * VL * p->width, .count = count,
                         .scratch = scratch + p->worker_floats - MULTIPLY_FLOATS};
        multiply(&tile, 1, p->width);
        for (int r = 0; r < passes * p->width; r++) {
            int c = (pass * p->width + r) * VL, j = 0;
            const float *from = acc + (size_t)(r / p->width * p->band * p->width + r % p->width) * VL;
            channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n, c);
            vec demodulate = vload(job->m.d + (size_t)n * VL * vectors_of(d->conv.cout) + c);
            for (; j + 4 <= count; j += 4) {
                vec y[4];
                for (int k = 0; k < 4; k++)
                    y[k] = vmul(vload(from + (size_t)(j + k) * p->width * VL), demodulate);
                store_channels(&to, first + j, y, 4);
            }
            for (; j < count; j++)
                store_channel(&to, first + j, vmul(vload(from + (size_t)j * p->width * VL), demodulate));
        }
    }
}

/* The number of tasks that divide the passes of a band with which all workers finish first. Every task copies its band, which
 * takes about a sixteenth of the time of a pass. */
static int share_passes(int bands, int passes, int workers) {
    int best = 1;
    int64_t least = INT64_MAX;
    for (int shares = 1; shares <= passes && shares <= 4 * workers; shares++) {
        int64_t rounds = ((int64_t)bands * shares - 1) / workers + 1, time = rounds * (16 * ((passes - 1) / shares + 1) + 1);
        if (time < least)
            least = time, best = shares;
    }
    return best;
}

static void conv1x1_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    conv1x1_job job = {.d = d, .args = args, .p = plan_conv1x1(cpu, d)};
    float *at = args->workspace;
    job.m = modulate(cpu, d, args, (const float *)args->packed + conv1x1_weight_floats(d), at);
    job.scratch = at + modulation_floats(d);
    int bands = d->out.n * job.p.bands;
    job.shares = share_passes(bands, job.p.passes, cpu->workers);
    gb_parallel(cpu, bands * job.shares, conv1x1_band, &job);
}

static bool conv1x1_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return blocked_maps(d) && d->conv.kernel == 1;
}

static bool conv1x1_pays(const gb_desc *d) {
    return multiply_pays(d, 64, 64, 8);
}

static const gb_op_row row_conv1x1 = {
    .op = GB_OP_MODULATED_CONV2D, .form = "1x1", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = conv1x1_supports, .pays = conv1x1_pays, .packed_size = conv1x1_packed_size, .pack = conv1x1_pack,
    .workspace = conv1x1_workspace, .run = conv1x1_run,
};
