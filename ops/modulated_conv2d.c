/* The convolution of StyleGAN2 (Karras et al. 2020, section 2.2); without styles an ordinary one:
 *   y[n,o] = d[n,o] · Σ_i W[o,i] ⋆ (s[n,i] x[n,i]),   d[n,o] = 1/√(Σ_{i,k} (W[o,i,k] s[n,i])² + 1e-8)
 * ⋆ is correlation with padding (kernel−1)/2. Upsampling is the transposed convolution t[2i+k] += W[k] x[i] of size
 * 2H+1, followed by the 4×4 FIR × 4 with padding 1, which gives 2H. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

enum { FIR = 4 };           /* taps of the smoothing filter */

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_conv *conv = &d->conv;
    const gb_shape *in = &d->in[0], *styles = &d->in[1];
    if ((conv->kernel != 1 && conv->kernel != 3) || (conv->up != 1 && !(conv->up == 2 && conv->kernel == 3))) {
        snprintf(why, size, "modulated_conv2d: %d×%d kernel with up %d; expected 1×1, 3×3, or 3×3 with up 2",
                 conv->kernel, conv->kernel, conv->up);
        return false;
    }
    if (conv->modulated != (d->inputs == 2)) {
        snprintf(why, size, "modulated_conv2d: %s",
                 conv->modulated ? "styles are missing" : "styles are given, but the layer is not modulated");
        return false;
    }
    if (conv->modulated && (styles->n != in->n || styles->c != in->c || styles->h != 1 || styles->w != 1)) {
        snprintf(why, size, "modulated_conv2d: styles are [%d,%d,%d,%d]; expected [%d,%d]", styles->n, styles->c,
                 styles->h, styles->w, in->n, in->c);
        return false;
    }
    d->out = (gb_shape){in->n, conv->cout, in->h * conv->up, in->w * conv->up, 1};
    return true;
}

static size_t weight_floats(const gb_desc *d) {
    return (size_t)d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
}

/* A transposed convolution has them at the input's resolution. The FIR is not counted. */
static uint64_t macs(const gb_desc *d) {
    const gb_shape *in = &d->in[0];
    return (uint64_t)in->n * in->c * in->h * in->w * d->conv.cout * d->conv.kernel * d->conv.kernel;
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * (weight_floats(d) + (d->conv.up == 2 ? FIR * FIR : 0));
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    gb_real *to = packed;
    (void)cpu;
    memcpy(to, weights[0], sizeof(gb_real) * weight_floats(d));
    if (d->conv.up == 2)
        memcpy(to + weight_floats(d), weights[1], sizeof(gb_real) * FIR * FIR);
}

/* Size of the map before the FIR: that of the output, or 2H+1. */
static int before_fir(const gb_desc *d, int size) {
    return d->conv.up == 2 ? 2 * size + 1 : size;
}

/* Doubles that a worker needs: that map; for up = 1, one row of it. */
static size_t worker_doubles(const gb_desc *d) {
    return (size_t)before_fir(d, d->in[0].w) * (d->conv.up == 2 ? before_fir(d, d->in[0].h) : 1);
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(double) * worker_doubles(d) * cpu->workers;
}

static double style(const gb_desc *d, const gb_args *args, int n, int i) {
    return d->conv.modulated ? (double)gb_plane(args->in[1], n, i)[0] * d->conv.style_gain : 1.0;
}

static double demodulation(const gb_desc *d, const gb_args *args, const gb_real *w, int n) {
    int taps = d->conv.kernel * d->conv.kernel;
    double squares = 0.0;
    for (int i = 0; i < d->in[0].c; i++)
        for (int k = 0; k < taps; k++) {
            double ws = w[i * taps + k] * style(d, args, n, i);
            squares += ws * ws;
        }
    return 1.0 / sqrt(squares + 1e-8);
}

/* row[x] += Σ_kx W[kx] · s · x[y, x + kx − pad] for one row of one input channel. */
static void correlate_row(const gb_real *w, double s, int kernel, const gb_real *x, int width, int block, double *row) {
    int pad = (kernel - 1) / 2;
    for (int kx = 0; kx < kernel; kx++) {
        int first = kx < pad ? pad - kx : 0, last = kx > pad ? width - (kx - pad) : width;
        for (int ox = first; ox < last; ox++)
            row[ox] += w[kx] * s * x[(size_t)(ox + kx - pad) * block];
    }
}

/* row[2x + kx] += W[kx] · s · x[y, x]. */
static void transpose_row(const gb_real *w, double s, int kernel, const gb_real *x, int width, int block, double *row) {
    for (int kx = 0; kx < kernel; kx++)
        for (int ix = 0; ix < width; ix++)
            row[2 * ix + kx] += w[kx] * s * x[(size_t)ix * block];
}

/* Row ty of Σ_i W[i] ⋆ (s[i] x[i]), or of the transposed convolution, for one output channel. */
static void sum_row(const gb_desc *d, const gb_args *args, const gb_real *w, int n, int ty, double *row) {
    const gb_tensor *x = args->in[0];
    int height = d->in[0].h, width = d->in[0].w, kernel = d->conv.kernel, block = x->shape.block;
    bool up = d->conv.up == 2;
    memset(row, 0, sizeof(double) * before_fir(d, width));
    for (int i = 0; i < d->in[0].c; i++) {
        double s = style(d, args, n, i);
        for (int ky = 0; ky < kernel; ky++) {
            int y = up ? (ty - ky) / 2 : ty + ky - (kernel - 1) / 2;
            if (y < 0 || y >= height || (up && (ty < ky || (ty - ky) % 2)))
                continue;
            const gb_real *from = gb_plane(x, n, i) + (size_t)y * width * block;
            (up ? transpose_row : correlate_row)(w + (i * kernel + ky) * kernel, s, kernel, from, width, block, row);
        }
    }
}

/* 4 · Σ f[ky,kx] · t[oy + 3 − ky − 1, ox + 3 − kx − 1], zero outside t. */
static double smooth(const gb_real *f, const double *t, int th, int tw, int oy, int ox) {
    double sum = 0.0;
    for (int ky = 0; ky < FIR; ky++)
        for (int kx = 0; kx < FIR; kx++) {
            int y = oy + FIR - 2 - ky, x = ox + FIR - 2 - kx;
            if (y >= 0 && y < th && x >= 0 && x < tw)
                sum += f[ky * FIR + kx] * t[(size_t)y * tw + x];
        }
    return 4.0 * sum;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_args *args = job->args;
    int n = i / d->out.c, o = i % d->out.c, height = d->out.h, width = d->out.w;
    const gb_real *weights = args->packed, *f = weights + weight_floats(d);
    const gb_real *w = weights + weight_floats(d) / d->conv.cout * o;
    double *t = (double *)args->workspace + worker_doubles(d) * worker;
    double demodulate = d->conv.demodulate ? demodulation(d, args, w, n) : 1.0;
    if (d->conv.up == 2) {
        int th = before_fir(d, d->in[0].h), tw = before_fir(d, d->in[0].w);
        for (int ty = 0; ty < th; ty++)
            sum_row(d, args, w, n, ty, t + (size_t)ty * tw);
        for (int oy = 0; oy < height; oy++)
            for (int ox = 0; ox < width; ox++)
                gb_store(args->out, args->epilogue, (gb_real)(demodulate * smooth(f, t, th, tw, oy, ox)), n, o,
                         (size_t)oy * width + ox);
        return;
    }
    for (int oy = 0; oy < height; oy++) {
        sum_row(d, args, w, n, oy, t);
        for (int ox = 0; ox < width; ox++)
            gb_store(args->out, args->epilogue, (gb_real)(demodulate * t[ox]), n, o, (size_t)oy * width + ox);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_modulated_conv2d = {
    .name = "modulated_conv2d", .summary = "convolution, with styles and demodulation if the layer has them",
    .inputs_min = 1, .inputs_max = 2, .shape = shape, .macs = macs,
    .plain = {.op = GB_OP_MODULATED_CONV2D, .isa = "plain", .fuses = true, .packed_size = packed_size, .pack = pack,
              .workspace = workspace, .run = run},
};
