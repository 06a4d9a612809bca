/* The adjoint of the modulated convolution  y = d ⊙ q,  q = W ⋆ (s ⊙ x),  d[o] = 1/√(Σ_i Q[o,i] s[i]² + 1e-8) with
 * Q[o,i] = Σ_k W[o,i,k]² and s = styles · style_gain.
 *
 * With g the gradient of y:  t = Wᵀ ⋆ (d ⊙ g),  gx = s ⊙ t, where Wᵀ ⋆ is the convolution of the same kind with weights
 * transposed and flipped: the fast rows serve both directions. With e[o] = Σ_p g[o,p] y[o,p]:
 *   gs[i] = Σ_p x[i,p] t[i,p] − s[i] Σ_o Q[o,i] d[o]² e[o],   because  ∂d/∂s[i] = −d³ Q s[i]  and  Σ g q = e/d
 *
 *   conv_down   t of an upsampling convolution: the transposed FIR (2H → 2H+1), then the correlation with stride 2
 *   demodulate  d from styles
 *   style_grad  gradient of styles from styles, Σ x t, e and d */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

enum { FIR = 4 };

static size_t weight_floats(const gb_desc *d) {
    return (size_t)d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
}

/* ------------------------------------------------------------------------------------------------ conv_down */

static bool down_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0], *s = &d->in[1];
    if (d->conv.kernel != 3 || in->h % 2 || in->w % 2) {
        snprintf(why, size, "conv_down: a %d×%d kernel on %d×%d pixels; expected 3×3 and even sizes", d->conv.kernel,
                 d->conv.kernel, in->h, in->w);
        return false;
    }
    if (d->conv.modulated != (d->inputs == 2) ||
        (d->inputs == 2 && (s->n != in->n || s->c != in->c || s->h != 1 || s->w != 1))) {
        snprintf(why, size, "conv_down: %d factors for %d channels", d->inputs == 2 ? s->c : 0, in->c);
        return false;
    }
    d->out = (gb_shape){in->n, d->conv.cout, in->h / 2, in->w / 2, 1};
    return true;
}

static uint64_t down_macs(const gb_desc *d) {
    return (uint64_t)d->out.n * d->out.c * d->out.h * d->out.w * d->in[0].c * 9;
}

static size_t down_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * (weight_floats(d) + FIR * FIR);
}

static void down_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    gb_real *to = packed;
    (void)cpu;
    memcpy(to, weights[0], sizeof(gb_real) * weight_floats(d));
    memcpy(to + weight_floats(d), weights[1], sizeof(gb_real) * FIR * FIR);
}

/* The maps between FIR and correlation, [N·C][2H+1][2W+1]. */
static size_t down_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(double) * d->in[0].n * d->in[0].c * (d->in[0].h + 1) * (d->in[0].w + 1);
}

/* t[y,x] = 4 Σ f[ky,kx] g[y − 2 + ky, x − 2 + kx] · d */
static void unsmooth_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->in[0];
    const gb_real *f = (const gb_real *)job->args->packed + weight_floats(job->d);
    int n = i / s->c, c = i % s->c, th = s->h + 1, tw = s->w + 1;
    const gb_real *g = gb_plane(job->args->in[0], n, c);
    double *t = (double *)job->args->workspace + (size_t)i * th * tw;
    double scale = 4.0 * (job->d->conv.modulated ? gb_plane(job->args->in[1], n, c)[0] * job->d->conv.style_gain : 1.0);
    (void)worker;
    for (int y = 0; y < th; y++)
        for (int x = 0; x < tw; x++) {
            double sum = 0.0;
            for (int ky = 0; ky < FIR; ky++)
                for (int kx = 0; kx < FIR; kx++) {
                    int gy = y - 2 + ky, gx = x - 2 + kx;
                    if (gy >= 0 && gy < s->h && gx >= 0 && gx < s->w)
                        sum += (double)f[ky * FIR + kx] * g[((size_t)gy * s->w + gx) * s->block];
                }
            t[(size_t)y * tw + x] = sum * scale;
        }
}

/* y[o] = Σ_i Σ_k W[o,i,k] t[i, 2y + ky, 2x + kx] */
static void down_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->in[0], *out = &job->d->out;
    int n = i / out->c, o = i % out->c, th = s->h + 1, tw = s->w + 1;
    const gb_real *w = (const gb_real *)job->args->packed + (size_t)o * s->c * 9;
    const double *t = (const double *)job->args->workspace + (size_t)n * s->c * th * tw;
    (void)worker;
    for (int y = 0; y < out->h; y++)
        for (int x = 0; x < out->w; x++) {
            double sum = 0.0;
            for (int c = 0; c < s->c; c++)
                for (int k = 0; k < 9; k++)
                    sum += w[c * 9 + k] * t[((size_t)c * th + 2 * y + k / 3) * tw + 2 * x + k % 3];
            gb_store(job->args->out, job->args->epilogue, (gb_real)sum, n, o, (size_t)y * out->w + x);
        }
}

static void run_down(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * d->in[0].c, unsmooth_plane, &job);
    gb_each_plane(cpu, d, args, down_plane);
}

const gb_op gb_op_conv_down = {
    .name = "conv_down", .summary = "adjoint of an upsampling convolution",
    .inputs_min = 1, .inputs_max = 2, .shape = down_shape, .macs = down_macs,
    .plain = {.op = GB_OP_CONV_DOWN, .isa = "plain", .fuses = true, .packed_size = down_packed_size,
              .pack = down_pack, .workspace = down_workspace, .run = run_down},
};

/* ------------------------------------------------------------------------------------------------ demodulation */

/* The sums of squares Q [cout][cin]. */
static size_t squares_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->conv.cout * d->in[0].c;
}

static void pack_squares(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    int taps = d->conv.kernel * d->conv.kernel;
    gb_real *to = packed;
    (void)cpu;
    for (size_t i = 0; i < (size_t)d->conv.cout * d->in[0].c; i++) {
        double sum = 0.0;
        for (int k = 0; k < taps; k++)
            sum += (double)weights[0][i * taps + k] * weights[0][i * taps + k];
        to[i] = (gb_real)sum;
    }
}

static bool demodulate_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *s = &d->in[0];
    if (s->h != 1 || s->w != 1 || d->conv.cout < 1) {
        snprintf(why, size, "demodulate: the styles are %d×%d×%d; expected a vector", s->c, s->h, s->w);
        return false;
    }
    d->out = (gb_shape){s->n, d->conv.cout, 1, 1, 1};
    return true;
}

static void demodulate_output(void *arg, int o, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_real *q = (const gb_real *)job->args->packed + (size_t)o * d->in[0].c;
    (void)worker;
    for (int n = 0; n < d->out.n; n++) {
        const gb_real *styles = gb_plane(job->args->in[0], n, 0);       /* vectors are planar */
        double squares = 0.0;
        for (int i = 0; i < d->in[0].c; i++) {
            double s = (double)styles[i] * d->conv.style_gain;
            squares += q[i] * s * s;
        }
        gb_plane(job->args->out, n, o)[0] = (gb_real)(1.0 / sqrt(squares + 1e-8));
    }
}

static void run_demodulate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.c, demodulate_output, &job);
}

const gb_op gb_op_demodulate = {
    .name = "demodulate", .summary = "demodulation factors of a convolution's outputs",
    .inputs_min = 1, .inputs_max = 1, .shape = demodulate_shape,
    .plain = {.op = GB_OP_DEMODULATE, .isa = "plain", .packed_size = squares_size, .pack = pack_squares,
              .run = run_demodulate},
};

static bool style_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *s = d->in;
    if (s[0].c != s[1].c || s[2].c != d->conv.cout || s[3].c != d->conv.cout || s[0].h * s[1].h * s[2].h * s[3].h != 1) {
        snprintf(why, size, "style_grad: vectors of %d, %d, %d and %d values for %d outputs", s[0].c, s[1].c, s[2].c,
                 s[3].c, d->conv.cout);
        return false;
    }
    d->out = s[0];
    return true;
}

/* Channels of a task: a few cache lines of each row of Q. */
enum { STYLES = 64 };

static void style_range(void *arg, int task, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    int channels = d->in[0].c, ranges = (channels - 1) / STYLES + 1, n = task / ranges, first = task % ranges * STYLES;
    int count = channels - first < STYLES ? channels - first : STYLES;
    const gb_real *styles = gb_plane(job->args->in[0], n, first), *dot = gb_plane(job->args->in[1], n, first);
    const gb_real *e = gb_plane(job->args->in[2], n, 0), *demodulation = gb_plane(job->args->in[3], n, 0);
    double sum[STYLES] = {0.0};
    (void)worker;
    for (int o = 0; o < d->conv.cout; o++) {
        const gb_real *q = (const gb_real *)job->args->packed + (size_t)o * channels + first;
        double weight = (double)demodulation[o] * demodulation[o] * e[o];
        for (int i = 0; i < count; i++)
            sum[i] += q[i] * weight;
    }
    for (int i = 0; i < count; i++) {
        double s = (double)styles[i] * d->conv.style_gain;
        gb_store(job->args->out, job->args->epilogue, (gb_real)((dot[i] - s * sum[i]) * d->conv.style_gain), n,
                 first + i, 0);
    }
}

static void run_style(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * ((d->out.c - 1) / STYLES + 1), style_range, &job);
}

const gb_op gb_op_style_grad = {
    .name = "style_grad", .summary = "gradient of the styles of a demodulated convolution",
    .inputs_min = 4, .inputs_max = 4, .shape = style_shape,
    .plain = {.op = GB_OP_STYLE_GRAD, .isa = "plain", .fuses = true, .packed_size = squares_size,
              .pack = pack_squares, .run = run_style},
};
