/* Gradients of weights: sums over the samples of a batch, always in the same order, so that they have the same bits for
 * any number of threads.
 *   batch_sum        y[c,p] = gain · Σ_n g[n,c,p];  with `pixels` y[c] = gain · Σ_{n,p} g[n,c,p]: constants, biases
 *   weight_grad      y[o,i,ky,kx] = gain · Σ_{n,v,u} g[n,o,v,u] · x[n, q·I + i, v·stride + ky − padding, u·stride + kx − padding]
 *                    with I inputs in the group q of o; `swapped` orders y as [i,o,ky,kx]. Vectors are maps of one pixel:
 *                    a dense layer's weights
 *   norm_gain_grad   y[c] = Σ_{n,p} g[n,c,p] · (x[n,c,p] − mean[c])/√(var[c] + eps)
 *   strength_grad    y = gain · Σ_{n,c,p} g[n,c,p] · noise[n,p], the noise of the live epilogue
 *   demodulate_grad  y[o,i,k] = −W[o,i,k] Σ_n e[n,o] d[n,o]² s[n,i]²: what reaches W through the factors d of a
 *                    demodulated convolution, see convolution.c */
#include <stdio.h>
#include <string.h>

#include "ops/batch_norm.h"
#include "ops/epilogue.h"
#include "ops/gradient/gradient.h"

/* ------------------------------------------------------------------------------------------------ batch_sum */

static bool batch_sum_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    (void)why, (void)size;
    d->out = d->batch_sum.pixels ? (gb_shape){1, g->c, 1, 1, 1} : (gb_shape){1, g->c, g->h, g->w, 1};
    return true;
}

/* The channels of a block at one pixel, summed over the samples. */
static void add_samples(const gb_tensor *g, int b, size_t pixel, double *sum) {
    for (int n = 0; n < g->shape.n; n++) {
        const gb_real *at = gb_plane(g, n, b * g->shape.block) + pixel * g->shape.block;
        for (int c = 0; c < gb_block_channels(&g->shape, b); c++)
            sum[c] += at[c];
    }
}

static void add_pixels(const gb_tensor *g, int b, double *sum) {
    const gb_shape *s = &g->shape;
    int channels = gb_block_channels(s, b);
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(g, n, b * s->block);
        for (size_t p = 0; p < (size_t)s->h * s->w; p++, at += s->block)
            for (int c = 0; c < channels; c++)
                sum[c] += at[c];
    }
}

static void sum_block(void *arg, int b, int worker) {
    const gb_job *job = arg;
    const gb_tensor *g = job->args->in[0];
    const gb_shape *s = &g->shape;
    int channels = gb_block_channels(s, b), first = b * s->block;
    (void)worker;
    for (size_t p = 0; p < (job->d->batch_sum.pixels ? 1 : (size_t)s->h * s->w); p++) {
        double sum[GB_MOST_BLOCK] = {0};
        if (job->d->batch_sum.pixels)
            add_pixels(g, b, sum);
        else
            add_samples(g, b, p, sum);
        for (int c = 0; c < channels; c++)
            gb_plane(job->args->out, 0, first + c)[p * job->d->out.block] = (gb_real)(sum[c] * job->d->batch_sum.gain);
    }
}

static void run_batch_sum(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, gb_blocks(&args->in[0]->shape), sum_block, &job);
}

const gb_op gb_op_batch_sum = {
    .name = "batch_sum", .summary = "sum over the samples of a batch", .inputs_min = 1, .inputs_max = 1,
    .shape = batch_sum_shape,
    .plain = {.op = GB_OP_BATCH_SUM, .isa = "plain", .run = run_batch_sum},
};

/* ------------------------------------------------------------------------------------------------ weight_grad */

static bool is_result(const gb_weight_grad *w, int size, int out) {
    return size + 2 * w->padding >= w->kernel && (size + 2 * w->padding - w->kernel) / w->stride + 1 == out;
}

static bool weight_grad_shape(gb_desc *d, char *why, size_t size) {
    const gb_weight_grad *w = &d->weight_grad;
    const gb_shape *x = &d->in[0], *g = &d->in[1];
    if (w->kernel < 1 || w->stride < 1 || w->groups < 1 || x->c % w->groups || g->c % w->groups ||
        (w->swapped && w->groups > 1)) {
        snprintf(why, size, "weight_grad: %d groups of %d and %d channels", w->groups, x->c, g->c);
        return false;
    }
    if (x->n != g->n || !is_result(w, x->h, g->h) || !is_result(w, x->w, g->w)) {
        snprintf(why, size, "weight_grad: [%d,%d,%d,%d] is no result of a %d×%d kernel on [%d,%d,%d,%d]", g->n, g->c,
                 g->h, g->w, w->kernel, w->kernel, x->n, x->c, x->h, x->w);
        return false;
    }
    int taps = w->kernel * w->kernel;
    d->out = (gb_shape){1, 1, w->swapped ? x->c : g->c, (w->swapped ? g->c : x->c / w->groups) * taps, 1};
    return true;
}

static uint64_t weight_grad_macs(const gb_desc *d) {
    return (uint64_t)d->out.h * d->out.w * d->in[1].n * d->in[1].h * d->in[1].w;
}

/* Σ_{n,v,u} g[n,o,v,u] · x[n,i, v·stride + ky − padding, u·stride + kx − padding] */
static double tap_sum(const gb_job *job, int o, int i, int ky, int kx) {
    const gb_weight_grad *w = &job->d->weight_grad;
    const gb_tensor *x = job->args->in[0], *g = job->args->in[1];
    const gb_shape *xs = &x->shape, *gs = &g->shape;
    double sum = 0.0;
    for (int n = 0; n < gs->n; n++) {
        const gb_real *from = gb_plane(x, n, i), *by = gb_plane(g, n, o);
        for (int v = 0; v < gs->h; v++) {
            int y = v * w->stride + ky - w->padding;
            for (int u = 0; y >= 0 && y < xs->h && u < gs->w; u++) {
                int at = u * w->stride + kx - w->padding;
                if (at >= 0 && at < xs->w)
                    sum += (double)by[((size_t)v * gs->w + u) * gs->block] * from[((size_t)y * xs->w + at) * xs->block];
            }
        }
    }
    return sum;
}

static void weight_grad_output(void *arg, int o, int worker) {
    const gb_job *job = arg;
    const gb_weight_grad *w = &job->d->weight_grad;
    int inputs = job->d->in[0].c / w->groups, outputs = job->d->in[1].c, taps = w->kernel * w->kernel;
    int first = o / (outputs / w->groups) * inputs;
    (void)worker;
    for (int i = 0; i < inputs; i++)
        for (int k = 0; k < taps; k++) {
            size_t at = w->swapped ? (size_t)i * outputs + o : (size_t)o * inputs + i;
            job->args->out->data[at * taps + k] =
                (gb_real)(tap_sum(job, o, first + i, k / w->kernel, k % w->kernel) * w->gain);
        }
}

static void run_weight_grad(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[1].c, weight_grad_output, &job);
}

const gb_op gb_op_weight_grad = {
    .name = "weight_grad", .summary = "gradient of the weights of a convolution or dense layer",
    .inputs_min = 2, .inputs_max = 2, .shape = weight_grad_shape, .macs = weight_grad_macs,
    .plain = {.op = GB_OP_WEIGHT_GRAD, .isa = "plain", .run = run_weight_grad},
};

/* ------------------------------------------------------------------------------------------------ norm_gain_grad */

static bool gain_shape(gb_desc *d, char *why, size_t size) {
    if (!gb_shape_same(&d->in[0], &d->in[1])) {
        snprintf(why, size, "norm_gain_grad: the inputs have different shapes");
        return false;
    }
    d->out = (gb_shape){1, d->in[0].c, 1, 1, 1};
    return true;
}

/* Packed: [rows][C] mean, [rows][C] var. */
static size_t gain_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    return gb_ops[GB_OP_BATCH_NORM_DOT]->plain.packed_size(cpu, d);
}

static void gain_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    gb_ops[GB_OP_BATCH_NORM_DOT]->plain.pack(cpu, d, weights, packed);
}

static void gain_block(void *arg, int b, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *g = job->args->in[1];
    const gb_shape *s = &x->shape;
    int channels = gb_block_channels(s, b), first = b * s->block;
    double mean[GB_MOST_BLOCK], inverse[GB_MOST_BLOCK], sum[GB_MOST_BLOCK] = {0};
    (void)worker;
    gb_norm_moments(job, b, mean, inverse);
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(x, n, first), *by = gb_plane(g, n, first);
        for (size_t p = 0; p < (size_t)s->h * s->w; p++, at += s->block, by += s->block)
            for (int c = 0; c < channels; c++)
                sum[c] += by[c] * (at[c] - mean[c]);
    }
    for (int c = 0; c < channels; c++)
        gb_plane(job->args->out, 0, first + c)[0] = (gb_real)(sum[c] * inverse[c]);
}

static void run_gain(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, gb_blocks(&args->in[0]->shape), gain_block, &job);
}

const gb_op gb_op_norm_gain_grad = {
    .name = "norm_gain_grad", .summary = "gradient of the gain of batch_norm if it is a weight",
    .inputs_min = 2, .inputs_max = 2, .shape = gain_shape,
    .plain = {.op = GB_OP_NORM_GAIN_GRAD, .isa = "plain", .packed_size = gain_packed_size, .pack = gain_pack,
              .run = run_gain},
};

/* ------------------------------------------------------------------------------------------------ batch_moments */

static bool moments_shape(gb_desc *d, char *why, size_t size) {
    (void)why, (void)size;
    d->out = (gb_shape){1, 2, 1, d->in[0].c, 1};
    return true;
}

static void moments_block(void *arg, int b, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->args->in[0]->shape;
    double mean[GB_MOST_BLOCK], var[GB_MOST_BLOCK];
    (void)worker;
    gb_batch_moments(job->args->in[0], b, mean, var);
    for (int c = 0; c < gb_block_channels(s, b); c++) {
        gb_plane(job->args->out, 0, 0)[b * s->block + c] = (gb_real)mean[c];
        gb_plane(job->args->out, 0, 1)[b * s->block + c] = (gb_real)var[c];
    }
}

static void run_moments(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, gb_blocks(&args->in[0]->shape), moments_block, &job);
}

const gb_op gb_op_batch_moments = {
    .name = "batch_moments", .summary = "mean and biased variance of each channel over a batch",
    .inputs_min = 1, .inputs_max = 1, .shape = moments_shape,
    .plain = {.op = GB_OP_BATCH_MOMENTS, .isa = "plain", .run = run_moments},
};

/* ------------------------------------------------------------------------------------------------ strength_grad */

static bool strength_shape(gb_desc *d, char *why, size_t size) {
    (void)why, (void)size;
    d->out = (gb_shape){1, 1, 1, 1, 1};
    return true;
}

/* The sums of rows of pixels. */
static size_t strength_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(double) * d->in[0].n * d->in[0].h;
}

static void strength_row(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_epilogue *e = job->args->live;
    const gb_tensor *g = job->args->in[0];
    const gb_shape *s = &g->shape;
    int n = i / s->h, y = i % s->h;
    double sum = 0.0;
    (void)worker;
    for (int x = 0; e->noise && x < s->w; x++) {
        size_t p = (size_t)y * s->w + x;
        double channels = 0.0;
        for (int c = 0; c < s->c; c++)
            channels += gb_plane(g, n, c)[p * s->block];
        sum += channels * e->noise[n * e->noise_step + p];
    }
    ((double *)job->args->workspace)[i] = sum;
}

static void run_strength(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    int rows = d->in[0].n * d->in[0].h;
    double sum = 0.0;
    gb_parallel(cpu, rows, strength_row, &job);
    for (int i = 0; i < rows; i++)
        sum += ((const double *)args->workspace)[i];
    args->out->data[0] = (gb_real)(sum * d->strength_grad.gain);
}

const gb_op gb_op_strength_grad = {
    .name = "strength_grad", .summary = "gradient of the strength of noise", .inputs_min = 1, .inputs_max = 1,
    .shape = strength_shape,
    .plain = {.op = GB_OP_STRENGTH_GRAD, .isa = "plain", .workspace = strength_workspace, .run = run_strength},
};

/* ------------------------------------------------------------------------------------------------ demodulate_grad */

static bool demodulate_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *s = &d->in[0];
    for (int k = 1; k < 3; k++)
        if (d->in[k].n != s->n || d->in[k].c != d->conv.cout || d->in[k].h != 1 || d->in[k].w != 1) {
            snprintf(why, size, "demodulate_grad: %d factors for %d outputs", d->in[k].c, d->conv.cout);
            return false;
        }
    if (s->h != 1 || s->w != 1) {
        snprintf(why, size, "demodulate_grad: the styles are %d×%d×%d; expected a vector", s->c, s->h, s->w);
        return false;
    }
    d->out = (gb_shape){1, 1, d->conv.cout, s->c * d->conv.kernel * d->conv.kernel, 1};
    return true;
}

static size_t demodulate_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
}

static void demodulate_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], demodulate_packed_size(cpu, d));
}

static void demodulate_output(void *arg, int o, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    int inputs = d->in[0].c, taps = d->conv.kernel * d->conv.kernel;
    const gb_real *w = (const gb_real *)job->args->packed + (size_t)o * inputs * taps;
    gb_real *to = job->args->out->data + (size_t)o * inputs * taps;
    (void)worker;
    for (int i = 0; i < inputs; i++) {
        double sum = 0.0;
        for (int n = 0; n < d->in[0].n; n++) {
            double s = (double)gb_plane(job->args->in[0], n, i)[0] * d->conv.style_gain;
            double e = gb_plane(job->args->in[1], n, o)[0], f = gb_plane(job->args->in[2], n, o)[0];
            sum += e * f * f * s * s;
        }
        for (int k = 0; k < taps; k++)
            to[i * taps + k] = (gb_real)(-sum * w[i * taps + k]);
    }
}

static void run_demodulate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->conv.cout, demodulate_output, &job);
}

const gb_op gb_op_demodulate_grad = {
    .name = "demodulate_grad", .summary = "gradient of a convolution's weights through its demodulation",
    .inputs_min = 3, .inputs_max = 3, .shape = demodulate_shape,
    .plain = {.op = GB_OP_DEMODULATE_GRAD, .isa = "plain", .packed_size = demodulate_packed_size,
              .pack = demodulate_pack, .run = run_demodulate},
};
