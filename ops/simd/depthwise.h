/* The depthwise convolution: each channel has a kernel of its own. A vector holds the channels of one pixel. */

static size_t depthwise_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * vectors_of(d->in[0].c) * VL * d->conv2d.kernel * d->conv2d.kernel;
}

/* [channel blocks][taps][VL] */
static void depthwise_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    int taps = d->conv2d.kernel * d->conv2d.kernel;
    float *to = packed;
    (void)cpu;
    for (int first = 0; first < d->in[0].c; first += VL)
        for (int k = 0; k < taps; k++)
            for (int c = first; c < first + VL; c++)
                *to++ = c < d->in[0].c ? weights[0][(size_t)c * taps + k] : 0.0f;
}

/* One row of outputs of a block of channels; each tap multiplies channel by channel. */
static void depthwise_line(const gb_desc *d, const float *x, const float *w, int v, const channel_writer *to) {
    const gb_conv2d *conv = &d->conv2d;
    int top = v * conv->stride - conv->padding;
    for (int u = 0; u < d->out.w; u++) {
        int left = u * conv->stride - conv->padding;
        vec sum = vset1(0.0f);
        for (int ky = 0; ky < conv->kernel; ky++) {
            if (top + ky < 0 || top + ky >= d->in[0].h)
                continue;
            const float *line = x + (size_t)(top + ky) * d->in[0].w * VL;
            for (int kx = 0; kx < conv->kernel; kx++)
                if (left + kx >= 0 && left + kx < d->in[0].w)
                    sum = vmadd(vload(w + (ky * conv->kernel + kx) * VL), vload(line + (left + kx) * VL), sum);
        }
        store_channel(to, (size_t)v * d->out.w + u, sum);
    }
}

static void depthwise_band(void *arg, int task, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    map_band b = band_at(&d->out, task);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *w = (const float *)job->args->packed + (size_t)b.c * d->conv2d.kernel * d->conv2d.kernel;
    (void)worker;
    for (int v = b.first; v < b.last; v++)
        depthwise_line(d, gb_plane(job->args->in[0], b.n, b.c), w, v, &to);
}

static void depthwise_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, depthwise_band, &job);
}

static bool depthwise_supports(const gb_cpu *cpu, const gb_desc *d) {
    return maps_support(cpu, d) && d->conv2d.groups == d->in[0].c && d->conv2d.cout == d->in[0].c;
}

static const gb_op_row row_depthwise = {
    .op = GB_OP_CONV2D, .form = "depthwise", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = depthwise_supports, .packed_size = depthwise_packed_size, .pack = depthwise_pack,
    .run = depthwise_run,
};
