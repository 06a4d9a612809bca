/* Convolutions from fewer than 8 planar channels to blocked maps (the adjoint of ToRGB and of BigGAN's last one):
 *   y[o] = d[o] · Σ_i W[o,i] ⋆ (s[i] x[i])
 * A vector holds outputs; every input value is broadcast. A task computes a band of rows of some outputs. */

enum { FROMRGB_INPUTS = 7 };

static size_t fromrgb_weight_floats(const gb_desc *d) {
    return (size_t)vectors_of(d->conv.cout) * d->conv.kernel * d->conv.kernel * d->in[0].c * VL;
}

static size_t fromrgb_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (fromrgb_weight_floats(d) + squares_floats(d));
}

/* [cout / VL][ky][kx][cin][VL], then the sums of squares. */
static void fromrgb_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    int cin = d->in[0].c, taps = d->conv.kernel * d->conv.kernel, cout = d->conv.cout;
    float *to = packed;
    for (int o = 0; o < vectors_of(cout) * VL; o += VL)
        for (int k = 0; k < taps; k++)
            for (int i = 0; i < cin; i++)
                for (int l = 0; l < VL; l++)
                    *to++ = o + l < cout ? weights[0][((size_t)(o + l) * cin + i) * taps + k] : 0.0f;
    pack_squares(cpu, d, weights[0], to);
}

static size_t fromrgb_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * modulation_floats(d);
}

typedef struct fromrgb_job { gb_job job; modulation m; } fromrgb_job;

/* Pixels x to x + n − 1 of a row; `inside` says that no tap is outside the map. */
static inline __attribute__((always_inline)) void fromrgb_pixels(const gb_desc *d, const float *const *planes,
                                                                 const float *w, const float *s, int y, int x,
                                                                 const int n, bool inside, vec *sums) {
    int cin = d->in[0].c, kernel = d->conv.kernel, pad = (kernel - 1) / 2, h = d->in[0].h, width = d->in[0].w;
    for (int j = 0; j < n; j++)
        sums[j] = vset1(0.0f);
    for (int ky = 0; ky < kernel; ky++) {
        int row = y + ky - pad;
        if (row < 0 || row >= h) {
            w += (size_t)kernel * cin * VL;
            continue;
        }
        for (int kx = 0; kx < kernel; kx++)
            for (int i = 0; i < cin; i++, w += VL) {
                vec u = vmul(vload(w), vset1(s[i]));
                const float *at = planes[i] + (size_t)row * width;
                for (int j = 0; j < n; j++) {
                    int column = x + j + kx - pad;
                    if (inside || (column >= 0 && column < width))
                        sums[j] = vmadd(u, vset1(at[column]), sums[j]);
                }
            }
    }
}

static void fromrgb_band(void *arg, int i, int worker) {
    const fromrgb_job *f = arg;
    const gb_desc *d = f->job.d;
    map_band b = band_at(&d->out, i);
    int cin = d->in[0].c, kernel = d->conv.kernel, pad = (kernel - 1) / 2, width = d->out.w;
    const float *planes[FROMRGB_INPUTS], *s = f->m.s + (size_t)b.n * VL * vectors_of(cin);
    const float *w = (const float *)f->job.args->packed + (size_t)(b.c / VL) * kernel * kernel * cin * VL;
    vec demodulate = vload(f->m.d + (size_t)b.n * VL * vectors_of(d->conv.cout) + b.c);
    channel_writer to = channel_writer_at(f->job.args->out, f->job.args->epilogue, b.n, b.c);
    (void)worker;
    for (int k = 0; k < cin; k++)
        planes[k] = gb_plane(f->job.args->in[0], b.n, k);
    for (int y = b.first; y < b.last; y++)
        for (int x = 0; x < width;) {
            vec sums[4];
            size_t p = (size_t)y * width + x;
            bool inside = x >= pad && x + 4 + pad <= width;
            if (x + 4 <= width) {
                fromrgb_pixels(d, planes, w, s, y, x, 4, inside, sums);
                for (int j = 0; j < 4; j++)
                    sums[j] = vmul(sums[j], demodulate);
                store_channels(&to, p, sums, 4);
                x += 4;
                continue;
            }
            fromrgb_pixels(d, planes, w, s, y, x, 1, false, sums);
            store_channel(&to, p, vmul(sums[0], demodulate));
            x++;
        }
}

static void fromrgb_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    fromrgb_job f = {.job = {cpu, d, args}};
    f.m = modulate(cpu, d, args, (const float *)args->packed + fromrgb_weight_floats(d), args->workspace);
    each_band(cpu, &d->out, fromrgb_band, &f);
}

static bool fromrgb_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->conv.up == 1 && d->in[0].block == 1 && d->in[0].c <= FROMRGB_INPUTS && d->out.block == VL &&
           (!d->conv.modulated || d->in[1].block == 1);
}

static const gb_op_row row_fromrgb = {
    .op = GB_OP_MODULATED_CONV2D, .form = "fromrgb", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = fromrgb_supports, .packed_size = fromrgb_packed_size, .pack = fromrgb_pack,
    .workspace = fromrgb_workspace, .run = fromrgb_run,
};
