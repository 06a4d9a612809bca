/* Adjoints on blocked maps with a vector of channels per pixel: the passes of the backward pass that only read and write
 * maps. Tasks are bands of pixels as in maps.h; sums over pixels are taken band by band and added in the order of the
 * bands, so that their bits do not depend on the threads. */

#include "ops/derivatives.h"

/* ------------------------------------------------------------------------------------------------ layers */

/* The layer whose adjoint is computed, for one vector of channels. */
typedef struct layer_vector {
    const gb_epilogue *e;
    const float *noise;
    vec bias, chosen, gain, inverse_gain, clamp;
} layer_vector;

static layer_vector layer_at(const gb_epilogue *e, int n, int c, int valid) {
    layer_vector l = {.e = e, .noise = e->noise ? e->noise + n * e->noise_step : NULL, .bias = vset1(0.0f),
                      .chosen = vset1(1.0f), .gain = vset1(e->gain), .clamp = vset1(e->clamp)};
    if (e->bias)
        l.bias = vload_first(e->bias + c, valid);
    if (e->act_channels) {
        float chosen[VL] = {0.0f};
        for (int i = 0; i < valid; i++)
            chosen[i] = e->act_channels[c + i] ? 1.0f : 0.0f;
        l.chosen = vload(chosen);
    }
    return l;
}

/* 1 where |v| is below the clamp, or not above it; 0 elsewhere. */
static inline vec unclamped(const layer_vector *l, vec v, bool below) {
    vec size = vabs(v), one = vset1(1.0f), zero = vset1(0.0f);
    return below ? vselect_lt(size, l->clamp, one, zero) : vselect_lt(l->clamp, size, zero, one);
}

static __attribute__((noinline)) vec slope_of_input(const layer_vector *l, vec x) {
    const gb_epilogue *e = l->e;
    x = vadd(x, l->bias);
    vec slope = derivative(e->act, e->act_params, e->act_param_count, x);
    if (e->act_channels)
        slope = vselect_lt(vset1(0.0f), l->chosen, slope, derivative(e->base_act, NULL, 0, x));
    if (e->clamp >= 0.0f) {
        vec y = activate(e->act, e->act_params, e->act_param_count, x);
        if (e->act_channels)
            y = vselect_lt(vset1(0.0f), l->chosen, y, activate(e->base_act, NULL, 0, x));
        slope = vmul(slope, unclamped(l, vmul(y, l->gain), false));
    }
    return vmul(slope, l->gain);
}

/* From the layer's output; `e->act` is the only activation. */
static inline __attribute__((always_inline)) vec slope_of_output(const layer_vector *l, vec v) {
    const gb_epilogue *e = l->e;
    vec y = e->gain != 1.0f && (e->act == GB_ACT_TANH || e->act == GB_ACT_SIGMOID) ? vdiv(v, l->gain) : v;
    vec slope = vmul(derivative_of_output(e->act, e->act_params, e->act_param_count, y), l->gain);
    return e->clamp >= 0.0f ? vmul(slope, unclamped(l, v, true)) : slope;
}

static inline __attribute__((always_inline)) vec layer_slope(const layer_vector *l, bool from_output, vec v) {
    return !l->e->bias_act ? vset1(1.0f) : from_output ? slope_of_output(l, v) : slope_of_input(l, v);
}

/* The value before noise, bias and activation, from the layer's output at pixel p. */
static inline __attribute__((always_inline)) vec before_layer(const layer_vector *l, vec v, size_t p) {
    const gb_epilogue *e = l->e;
    if (e->bias_act) {
        if (e->gain != 1.0f)
            v = vdiv(v, l->gain);
        v = vsub(inverse(e->act, e->act_params, e->act_param_count, v), l->bias);
    }
    return l->noise ? vsub(v, vmul(vset1(l->noise[p]), vset1(e->noise_strength))) : v;
}

/* ------------------------------------------------------------------------------------------------ bias_act_grad */

static void act_grad_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    map_band b = band_at(s, i);
    int valid = s->c - b.c < VL ? s->c - b.c : VL;
    layer_vector l = layer_at(job->args->live, b.n, b.c, valid);
    vec scale = job->d->inputs > 2 ? vload_first(gb_plane(job->args->in[2], b.n, b.c), valid) : vset1(1.0f);
    bool from_output = job->d->act_grad.from_output;
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *g = gb_plane(job->args->in[0], b.n, b.c), *v = gb_plane(job->args->in[1], b.n, b.c);
    size_t p = (size_t)b.first * s->w, last = (size_t)b.last * s->w;
    (void)worker;
    for (; p + 4 <= last; p += 4) {
        vec y[4];
        for (int j = 0; j < 4; j++)
            y[j] = vmul(vmul(vload(g + (p + j) * VL), scale),
                        layer_slope(&l, from_output, vload(v + (p + j) * VL)));
        store_channels(&to, p, y, 4);
    }
    for (; p < last; p++)
        store_channel(&to, p, vmul(vmul(vload(g + p * VL), scale), layer_slope(&l, from_output, vload(v + p * VL))));
}

static void act_grad_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, act_grad_band, &job);
}

static const gb_op_row row_bias_act_grad = {
    .op = GB_OP_BIAS_ACT_GRAD, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = maps_support, .run = act_grad_run,
};

/* ------------------------------------------------------------------------------------------------ channel_scale */

static void scale_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    map_band b = band_at(s, i);
    int valid = s->c - b.c < VL ? s->c - b.c : VL;
    vec scale = vmul(vload_first(gb_plane(job->args->in[1], b.n, b.c), valid), vset1(job->d->channel_scale.gain));
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    size_t p = (size_t)b.first * s->w, last = (size_t)b.last * s->w;
    (void)worker;
    for (; p + 4 <= last; p += 4) {
        vec y[4];
        for (int j = 0; j < 4; j++)
            y[j] = vmul(vload(x + (p + j) * VL), scale);
        store_channels(&to, p, y, 4);
    }
    for (; p < last; p++)
        store_channel(&to, p, vmul(vload(x + p * VL), scale));
}

static void scale_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, scale_band, &job);
}

static const gb_op_row row_channel_scale = {
    .op = GB_OP_CHANNEL_SCALE, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = maps_support, .run = scale_run,
};

/* The same with the factors of batch norm. */
static void norm_grad_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    map_band b = band_at(s, i);
    int valid = s->c - b.c < VL ? s->c - b.c : VL;
    vec scale = vload_first((const float *)job->args->workspace + ((size_t)b.n * 3 + 1) * s->c + b.c, valid);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *g = gb_plane(job->args->in[0], b.n, b.c);
    (void)worker;
    for (size_t p = (size_t)b.first * s->w; p < (size_t)b.last * s->w; p++)
        store_channel(&to, p, vmul(vload(g + p * VL), scale));
}

static void norm_grad_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_batch_norm_prepare(cpu, d, args);
    each_band(cpu, &d->out, norm_grad_band, &job);
}

static const gb_op_row row_batch_norm_grad = {
    .op = GB_OP_BATCH_NORM_GRAD, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = maps_support, .packed_size = gb_plain_packed_size, .pack = gb_plain_pack,
    .workspace = gb_batch_norm_workspace, .run = norm_grad_run,
};

/* ------------------------------------------------------------------------------------------------ channel_dot */

/* One sum per sample, channel and band: [N][blocks][bands][VL]. */
static size_t dot_workspace(const gb_cpu *cpu, const gb_desc *d) {
    const gb_shape *s = &d->in[0];
    (void)cpu;
    return sizeof(float) * s->n * vectors_of(s->c) * bands_of(s) * VL;
}

static void dot_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->in[0];
    map_band b = band_at(s, i);
    int valid = s->c - b.c < VL ? s->c - b.c : VL;
    bool before = job->d->channel_dot.before_act;
    layer_vector l = {0};
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    const float *y = job->d->inputs > 1 ? gb_plane(job->args->in[1], b.n, b.c) : NULL;
    size_t p = (size_t)b.first * s->w, last = (size_t)b.last * s->w;
    vec sum[4], zero = vset1(0.0f);
    (void)worker;
    if (before)
        l = layer_at(job->args->live, b.n, b.c, valid);
    for (int j = 0; j < 4; j++)
        sum[j] = zero;
    for (; p < last; p += 4)
        for (int j = 0; j < 4 && p + j < last; j++) {
            vec v = vload(x + (p + j) * VL);
            if (!y) {
                sum[j] = vadd(sum[j], v);
            } else {
                vec factor = vload(y + (p + j) * VL);
                if (before)
                    factor = before_layer(&l, factor, p + j);
                /* Where the gradient is 0, the activation may not be invertible. */
                sum[j] = vadd(sum[j], vof(vbits(vmul(v, factor)) & (bits)(v != zero)));
            }
        }
    vstore((float *)job->args->workspace + (size_t)i * VL, vadd(vadd(sum[0], sum[1]), vadd(sum[2], sum[3])));
}

/* Adds the bands of every channel, times `gain`, and writes the result. */
static void add_bands(const gb_desc *d, const gb_args *args, float gain) {
    const gb_shape *s = &d->in[0];
    const float *sums = args->workspace;
    int bands = bands_of(s), blocks = vectors_of(s->c);
    for (int n = 0; n < s->n; n++)
        for (int c = 0; c < s->c; c++) {
            const float *at = sums + (size_t)(n * blocks + c / VL) * bands * VL + c % VL;
            double sum = 0.0;
            for (int band = 0; band < bands; band++)
                sum += at[(size_t)band * VL];
            gb_store(args->out, args->epilogue, (float)(sum * gain), n, c, 0);
        }
}

static void dot_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->in[0], dot_band, &job);
    add_bands(d, args, d->channel_dot.gain);
}

static bool dot_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL;
}

static const gb_op_row row_channel_dot = {
    .op = GB_OP_CHANNEL_DOT, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = dot_supports, .workspace = dot_workspace, .run = dot_run,
};

/* ------------------------------------------------------------------------------------------------ pixel_sum */

enum { SUM_PIXELS = 16 };

static void pixel_sum_rows(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_epilogue *e = job->args->live;
    const gb_shape *s = &job->d->in[0];
    int rows = rows_of_band(s), bands = bands_of(s), n = i / bands, first = i % bands * rows;
    int blocks = vectors_of(s->c), rest = s->c % VL;
    size_t last = (size_t)(s->h - first < rows ? s->h : first + rows) * s->w, pixels = (size_t)s->h * s->w;
    const float *x = gb_plane(job->args->in[0], n, 0);
    pixel_writer to = pixel_writer_at(job->args->out, job->args->epilogue, n, 0);
    float strength = e->noise ? e->noise_strength : 0.0f;
    (void)worker;
    for (size_t p = (size_t)first * s->w; p < last; p += SUM_PIXELS) {
        int count = last - p < SUM_PIXELS ? (int)(last - p) : SUM_PIXELS;
        vec sum[SUM_PIXELS];
        float sums[SUM_PIXELS];
        for (int j = 0; j < SUM_PIXELS; j++)
            sum[j] = vset1(0.0f);
        for (int b = 0; b < blocks; b++) {
            const float *at = x + ((size_t)b * pixels + p) * VL;
            bool partial = rest && b == blocks - 1;
            for (int j = 0; j < count; j++) {
                vec v = vload(at + j * VL);
                sum[j] = vadd(sum[j], partial ? vkeep_first(v, rest) : v);
            }
        }
        for (int j = 0; j < SUM_PIXELS; j += 4)
            vsum4(sum[j], sum[j + 1], sum[j + 2], sum[j + 3], sums + j);
        for (int j = 0; j < count; j += VL) {
            int these = count - j < VL ? count - j : VL;
            store_pixels(&to, p + j, these, vmul(vload_first(sums + j, these), vset1(strength)));
        }
    }
}

static void pixel_sum_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * bands_of(&d->in[0]), pixel_sum_rows, &job);
}

static const gb_op_row row_pixel_sum = {
    .op = GB_OP_PIXEL_SUM, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = dot_supports, .run = pixel_sum_run,
};

/* ------------------------------------------------------------------------------------------------ pass_grad */

static void pass_grad_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out;
    map_band b = band_at(out, i);
    size_t row = (size_t)job->d->in[0].w * VL;
    const float *g = gb_plane(job->args->in[0], b.n, b.c);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    (void)worker;
    for (int y = b.first; y < b.last; y++)
        for (int x = 0; x < out->w; x++) {
            const float *p = g + 2 * y * row + 2 * x * VL;
            store_channel(&to, (size_t)y * out->w + x,
                          vadd(vadd(vadd(vload(p), vload(p + VL)), vload(p + row)), vload(p + row + VL)));
        }
}

static void pass_grad_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, pass_grad_band, &job);
}

static bool pass_grad_supports(const gb_cpu *cpu, const gb_desc *d) {
    return maps_support(cpu, d) && d->pass.up == 2 && d->pass.kept == d->out.c;
}

static const gb_op_row row_pass_grad = {
    .op = GB_OP_PASS_GRAD, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = pass_grad_supports, .run = pass_grad_run,
};
