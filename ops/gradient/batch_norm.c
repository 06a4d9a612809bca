/* The adjoint of batch norm with stored statistics,  y = (x − mean) · scale + bias,  scale = gain/√(var + eps):
 *   batch_norm_grad  g, and gain and bias as for the forward row → g · scale
 *   batch_norm_dot   x, g → Σ_p g · (x − mean)/√(var + eps): the gradient of the gain
 * The weights are those of the forward row. */
#include <math.h>
#include <stdio.h>

#include "ops/batch_norm.h"
#include "ops/epilogue.h"
#include "ops/gradient/gradient.h"

static void grad_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    const gb_tensor *g = job->args->in[0];
    int n = i / s->c, c = i % s->c;
    const gb_real *from = gb_plane(g, n, c);
    gb_real scale = ((const gb_real *)job->args->workspace + (size_t)n * 3 * s->c + c)[s->c];
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, from[p * s->block] * scale, n, c, p);
}

static void run_grad(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_batch_norm_prepare(cpu, d, args);
    gb_each_plane(cpu, d, args, grad_plane);
}

static bool grad_shape(gb_desc *d, char *why, size_t size) {
    return gb_ops[GB_OP_BATCH_NORM]->shape(d, why, size);
}

static size_t grad_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    return gb_ops[GB_OP_BATCH_NORM]->plain.packed_size(cpu, d);
}

static void grad_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    gb_ops[GB_OP_BATCH_NORM]->plain.pack(cpu, d, weights, packed);
}

const gb_op gb_op_batch_norm_grad = {
    .name = "batch_norm_grad", .summary = "adjoint of batch_norm", .inputs_min = 1, .inputs_max = 3,
    .shape = grad_shape,
    .plain = {.op = GB_OP_BATCH_NORM_GRAD, .isa = "plain", .fuses = true, .packed_size = grad_packed_size,
              .pack = grad_pack, .workspace = gb_batch_norm_workspace, .run = run_grad},
};

static bool dot_shape(gb_desc *d, char *why, size_t size) {
    if (!gb_shape_same(&d->in[0], &d->in[1])) {
        snprintf(why, size, "batch_norm_dot: the inputs have different shapes");
        return false;
    }
    d->out = (gb_shape){d->in[0].n, d->in[0].c, 1, 1, 1};
    return true;
}

/* Packed: [rows][C] mean, [rows][C] var. */
static size_t dot_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * 2 * d->in[0].c * d->batch_norm.rows;
}

static void dot_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    size_t table = (size_t)d->in[0].c * d->batch_norm.rows;
    gb_real *to = packed;
    (void)cpu;
    for (size_t i = 0; i < table; i++) {
        to[i] = weights[0][i];
        to[table + i] = weights[1][i];
    }
}

void gb_norm_moments(const gb_job *job, int b, double *mean, double *inverse) {
    const gb_desc *d = job->d;
    const gb_batch_norm_live *live = job->args->live;
    const gb_shape *s = &job->args->in[0]->shape;
    int rows = d->batch_norm.rows, channels = gb_block_channels(s, b), first = b * s->block;
    const gb_real *means = job->args->packed, *vars = means + (size_t)rows * s->c;
    if (d->batch_norm.own) {
        gb_batch_moments(job->args->in[0], b, mean, inverse);
    } else {
        gb_stat_row at = gb_stat_row_of(rows, live->truncation);
        for (int c = 0; c < channels; c++) {
            mean[c] = gb_statistic(means, at, s->c, first + c);
            inverse[c] = gb_statistic(vars, at, s->c, first + c);
        }
    }
    for (int c = 0; c < channels; c++)
        inverse[c] = 1.0 / sqrt(inverse[c] + d->batch_norm.eps);
}

static void dot_block(void *arg, int b, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *g = job->args->in[1];
    const gb_shape *s = &x->shape;
    int channels = gb_block_channels(s, b), first = b * s->block;
    double mean[GB_MOST_BLOCK], inverse[GB_MOST_BLOCK];
    (void)worker;
    gb_norm_moments(job, b, mean, inverse);
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(x, n, first), *by = gb_plane(g, n, first);
        double sum[GB_MOST_BLOCK] = {0};
        for (size_t p = 0; p < (size_t)s->h * s->w; p++, at += s->block, by += s->block)
            for (int c = 0; c < channels; c++)
                sum[c] += by[c] * (at[c] - mean[c]);
        for (int c = 0; c < channels; c++)
            gb_plane(job->args->out, n, first + c)[0] = (gb_real)(sum[c] * inverse[c]);
    }
}

static void run_dot(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, gb_blocks(&args->in[0]->shape), dot_block, &job);
}

const gb_op gb_op_batch_norm_dot = {
    .name = "batch_norm_dot", .summary = "gradient of the gain of batch_norm", .inputs_min = 2, .inputs_max = 2,
    .shape = dot_shape,
    .plain = {.op = GB_OP_BATCH_NORM_DOT, .isa = "plain", .packed_size = dot_packed_size, .pack = dot_pack,
              .run = run_dot},
};

/* ------------------------------------------------------------------------------------------------ own statistics
 * With u = (x − mean)/√(var + eps), mean and var those of x over all pixels of all samples:
 *   batch_norm_own_grad  x, g, and gain and bias as for the forward row →
 *                        scale · (g' − mean(g') − u · mean(g' u)),  g' = g · gain over all samples
 * The gain's gradient is Σ_p g u of each sample: batch_norm_dot with `own`. */

static bool own_shape(gb_desc *d, char *why, size_t size) {
    if (!gb_shape_same(&d->in[0], &d->in[1]) || d->inputs == 3) {
        snprintf(why, size, "batch_norm_own_grad: the inputs have different shapes, or a gain without bias");
        return false;
    }
    d->out = d->in[0];
    return true;
}

/* Packed: [C] gain if it is a weight. */
static size_t own_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->in[0].c;
}

static void own_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    gb_real *to = packed;
    (void)cpu;
    for (int c = 0; c < d->in[0].c; c++)
        to[c] = d->inputs == 2 ? weights[2][c] : 0;
}

static double own_gain(const gb_job *job, int n, int c) {
    double gain = job->d->inputs > 2 ? gb_plane(job->args->in[2], n, c)[0] : ((const gb_real *)job->args->packed)[c];
    return gain + (job->d->batch_norm.gain_from_one ? 1.0 : 0.0);
}

static void own_block(void *arg, int b, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *g = job->args->in[1];
    const gb_shape *s = &x->shape;
    size_t pixels = (size_t)s->h * s->w;
    int channels = gb_block_channels(s, b), block = s->block, first = b * block;
    double mean[GB_MOST_BLOCK], inverse[GB_MOST_BLOCK], gain[GB_MOST_BLOCK], count = (double)pixels * s->n;
    double sum[GB_MOST_BLOCK] = {0}, product[GB_MOST_BLOCK] = {0};
    (void)worker;
    gb_norm_moments(job, b, mean, inverse);
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(x, n, first), *by = gb_plane(g, n, first);
        for (int c = 0; c < channels; c++)
            gain[c] = own_gain(job, n, first + c);
        for (size_t p = 0; p < pixels; p++, at += block, by += block)
            for (int c = 0; c < channels; c++) {
                double v = gain[c] * by[c];
                sum[c] += v;
                product[c] += v * (at[c] - mean[c]) * inverse[c];
            }
    }
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(x, n, first), *by = gb_plane(g, n, first);
        for (int c = 0; c < channels; c++)
            gain[c] = own_gain(job, n, first + c);
        for (size_t p = 0; p < pixels; p++, at += block, by += block)
            for (int c = 0; c < channels; c++) {
                double u = (at[c] - mean[c]) * inverse[c];
                gb_store(job->args->out, job->args->epilogue,
                         (gb_real)(inverse[c] * (gain[c] * by[c] - sum[c] / count - u * product[c] / count)), n,
                         first + c, p);
            }
    }
}

static void run_own(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, gb_blocks(&args->in[0]->shape), own_block, &job);
}

const gb_op gb_op_batch_norm_own_grad = {
    .name = "batch_norm_own_grad", .summary = "adjoint of batch_norm with the input's own statistics",
    .inputs_min = 2, .inputs_max = 4, .shape = own_shape,
    .plain = {.op = GB_OP_BATCH_NORM_OWN_GRAD, .isa = "plain", .fuses = true, .packed_size = own_packed_size,
              .pack = own_pack, .run = run_own},
};
