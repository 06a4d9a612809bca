/* The 1×1 convolution to fewer than 8 channels (ToRGB), from blocks to planes:  y[o,p] = Σ_i (W[o,i] s[i]) x[i,p].
 * A vector runs over channels here, as they lie in memory; sums over its lanes are taken for four pixels at once. */

enum { RGB_BAND = 4096 };   /* pixels a task takes */

static size_t torgb_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * d->conv.cout * vectors_of(d->in[0].c) * VL;
}

static void torgb_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    int cin = d->in[0].c, lanes = vectors_of(cin) * VL;
    (void)cpu;
    for (int o = 0; o < d->conv.cout; o++)
        for (int i = 0; i < lanes; i++)
            ((float *)packed)[o * lanes + i] = i < cin ? weights[0][o * cin + i] : 0.0f;
}

static size_t torgb_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * d->out.n * d->conv.cout * vectors_of(d->in[0].c) * VL;
}

static void torgb_band(void *arg, int task, int worker) {
    const gb_job *job = arg;
    const gb_shape *in = &job->d->in[0];
    size_t size = (size_t)in->h * in->w, bands = (size + RGB_BAND - 1) / RGB_BAND;
    int n = (int)(task / bands), blocks = vectors_of(in->c), cout = job->d->conv.cout, lanes = in->c % VL;
    size_t first = task % bands * RGB_BAND, last = first + RGB_BAND < size ? first + RGB_BAND : size;
    const float *x = gb_plane(job->args->in[0], n, 0);
    const float *w = (const float *)job->args->workspace + (size_t)n * cout * blocks * VL;
    (void)worker;
    for (size_t p = first; p < last; p += VL) {
        int count = last - p < VL ? (int)(last - p) : VL;
        for (int o = 0; o < cout; o++) {
            float sums[VL];
            for (int j = 0; j < VL; j += 4) {
                vec a[4];
                for (int k = 0; k < 4; k++)
                    a[k] = vset1(0.0f);
                for (int b = 0; b < blocks; b++) {
                    vec u = vload(w + (o * blocks + b) * VL);
                    for (int k = 0; k < 4; k++) {
                        size_t pixel = j + k < count ? p + j + k : last - 1;
                        vec v = vload(x + (b * size + pixel) * VL);
                        a[k] = vfma(lanes && b == blocks - 1 ? vkeep_first(v, lanes) : v, u, a[k]);
                    }
                }
                vsum4(a[0], a[1], a[2], a[3], sums + j);
            }
            pixel_sink to = pixels_at(job->args->out, job->args->epilogue, n, o);
            put_pixels(&to, p, count, vload(sums));
        }
    }
}

static void torgb_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    int cin = d->in[0].c, lanes = vectors_of(cin) * VL;
    const float *w = args->packed;
    float *styled = args->workspace;
    for (int n = 0; n < d->out.n; n++)
        for (int o = 0; o < d->conv.cout; o++)
            for (int i = 0; i < lanes; i++) {
                float s = i < cin && d->conv.modulated ? gb_plane(args->in[1], n, i)[0] * d->conv.style_gain : 1.0f;
                *styled++ = w[o * lanes + i] * s;
            }
    size_t size = (size_t)d->in[0].h * d->in[0].w;
    gb_parallel(cpu, (int)(d->out.n * ((size + RGB_BAND - 1) / RGB_BAND)), torgb_band, &job);
}

static bool torgb_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL && d->out.block == 1 && d->conv.kernel == 1 && !d->conv.demodulate;
}
