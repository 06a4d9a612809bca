/* Noise, bias with activation, and addition alone:  y = epilogue(x), over planes or over blocks of channels. */

static void pointwise_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    size_t size = (size_t)s->h * s->w;
    pixel_sink to = pixels_at(job->args->out, job->args->epilogue, i / s->c, i % s->c);
    const float *x = gb_plane(job->args->in[0], i / s->c, i % s->c);
    (void)worker;
    for (size_t p = 0; p < size; p += VL) {
        int count = size - p < VL ? (int)(size - p) : VL;
        put_pixels(&to, p, count, vload_first(x + p, count));
    }
}

static void pointwise_block(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int blocks = vectors_of(s->c), n = i / blocks, c = i % blocks * VL;
    channel_sink to = channels_at(job->args->out, job->args->epilogue, n, c);
    const float *x = gb_plane(job->args->in[0], n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        put_channel(&to, p, vload(x + p * VL));
}

static void pointwise_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    if (d->out.block == 1)
        gb_parallel(cpu, d->out.n * d->out.c, pointwise_plane, &job);
    else
        gb_parallel(cpu, d->out.n * vectors_of(d->out.c), pointwise_block, &job);
}

static bool pointwise_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == d->out.block && (d->out.block == VL || (d->out.block == 1 && d->out.h > 1));
}
