/* Batch norm:  y[n,c] = (x[n,c] − mean[c]) · gain[n,c] / √(var[c] + eps) + bias[n,c].
 * Mean and variance are stored, or those of the input itself (PyTorch's training mode): over all pixels of all samples,
 * mean[c] = Σ x[n,c,p] / count,  var[c] = Σ (x[n,c,p] − mean[c])² / count.
 * Gain and bias are weights, or inputs of each sample: then they depend on its class (Brock et al. 2019).
 * Statistics may be stored for several truncations t = 0 … 1. Between two rows the published code interpolates with
 * exchanged weights, mean[i]·f + mean[i+1]·(1 − f) where i + f = t / (1/(rows − 1)); its pictures depend on that. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/batch_norm.h"
#include "ops/epilogue.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    for (int i = 1; i < d->inputs; i++)
        if (d->in[i].n != in->n || d->in[i].c != in->c || d->in[i].h != 1 || d->in[i].w != 1) {
            snprintf(why, size, "batch_norm: %s has %d values; expected %d", i == 1 ? "gain" : "bias", d->in[i].c,
                     in->c);
            return false;
        }
    if (d->inputs == 2 || d->batch_norm.rows < 1) {
        snprintf(why, size, "batch_norm: %s", d->inputs == 2 ? "gain without bias" : "no statistics");
        return false;
    }
    d->out = *in;
    return true;
}

/* Packed: [rows][C] mean, [rows][C] var; then [C] gain, [C] bias if they are weights. */
static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->in[0].c * (2 * (size_t)d->batch_norm.rows + (d->inputs == 1 ? 2 : 0));
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    size_t c = d->in[0].c, table = c * d->batch_norm.rows;
    gb_real *to = packed;
    (void)cpu;
    memcpy(to, weights[0], table * sizeof *to);
    memcpy(to + table, weights[1], table * sizeof *to);
    if (d->inputs == 1) {
        memcpy(to + 2 * table, weights[2], c * sizeof *to);
        memcpy(to + 2 * table + c, weights[3], c * sizeof *to);
    }
}

gb_stat_row gb_stat_row_of(int rows, double truncation) {
    double whole = 0.0, fraction = rows > 1 ? modf(truncation / (1.0 / (rows - 1)), &whole) : 0.0;
    return (gb_stat_row){(int)whole, (int)whole + 1 < rows ? fraction : 0.0};
}

gb_real gb_statistic(const gb_real *table, gb_stat_row at, int channels, int c) {
    const gb_real *row = table + (size_t)at.row * channels;
    if (at.fraction == 0.0)
        return row[c];
    return row[c] * (gb_real)at.fraction + row[channels + c] * (gb_real)(1.0 - at.fraction);
}

size_t gb_batch_norm_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * 3 * d->out.n * d->out.c;
}

void gb_batch_moments(const gb_tensor *x, int b, double *mean, double *var) {
    const gb_shape *s = &x->shape;
    size_t pixels = (size_t)s->h * s->w;
    int channels = gb_block_channels(s, b), block = s->block;
    double count = (double)pixels * s->n;
    for (int c = 0; c < channels; c++)
        mean[c] = var[c] = 0.0;
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(x, n, b * block);
        for (size_t p = 0; p < pixels; p++, at += block)
            for (int c = 0; c < channels; c++)
                mean[c] += at[c];
    }
    for (int c = 0; c < channels; c++)
        mean[c] /= count;
    for (int n = 0; n < s->n; n++) {
        const gb_real *at = gb_plane(x, n, b * block);
        for (size_t p = 0; p < pixels; p++, at += block)
            for (int c = 0; c < channels; c++)
                var[c] += (at[c] - mean[c]) * (at[c] - mean[c]);
    }
    for (int c = 0; c < channels; c++)
        var[c] /= count;
}

/* The factors of channel c in all samples. */
static void prepare_channel(const gb_desc *d, const gb_args *args, int c, gb_real mean, gb_real var) {
    int channels = d->out.c;
    const gb_real *gains = (const gb_real *)args->packed + 2 * (size_t)d->batch_norm.rows * channels;
    gb_real *to = (gb_real *)args->workspace + c;
    const gb_real *given = d->inputs > 1 ? args->in[1]->data + c : NULL, *offset = given ? args->in[2]->data + c : NULL;
    for (int n = 0; n < d->out.n; n++, to += 3 * channels) {        /* in vectors, channels are neighbours */
        gb_real gain = given ? given[(size_t)n * channels] : gains[c];
        to[0] = mean;
        to[channels] =
            (gb_real)(((d->batch_norm.gain_from_one ? 1.0 : 0.0) + gain) / sqrt((double)var + d->batch_norm.eps));
        to[2 * channels] = offset ? offset[(size_t)n * channels] : gains[channels + c];
    }
}

static void prepare_own(void *arg, int b, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->args->in[0]->shape;
    double mean[GB_MOST_BLOCK], var[GB_MOST_BLOCK];
    (void)worker;
    gb_batch_moments(job->args->in[0], b, mean, var);
    for (int c = 0; c < gb_block_channels(s, b); c++)
        prepare_channel(job->d, job->args, b * s->block + c, (gb_real)mean[c], (gb_real)var[c]);
}

void gb_batch_norm_prepare(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    if (d->batch_norm.own) {
        gb_parallel(cpu, gb_blocks(&args->in[0]->shape), prepare_own, &job);
        return;
    }
    const gb_batch_norm_live *live = args->live;
    const gb_real *means = args->packed, *vars = means + (size_t)d->batch_norm.rows * d->out.c;
    gb_stat_row at = gb_stat_row_of(d->batch_norm.rows, live->truncation);
    for (int c = 0; c < d->out.c; c++)
        prepare_channel(d, args, c, gb_statistic(means, at, d->out.c, c), gb_statistic(vars, at, d->out.c, c));
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    const gb_tensor *x = job->args->in[0];
    int n = i / s->c, c = i % s->c;
    const gb_real *at = (const gb_real *)job->args->workspace + (size_t)n * 3 * s->c + c, *from = gb_plane(x, n, c);
    gb_real mean = at[0], scale = at[s->c], bias = at[2 * s->c];
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, (from[p * x->shape.block] - mean) * scale + bias, n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_batch_norm_prepare(cpu, d, args);
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_batch_norm = {
    .name = "batch_norm", .summary = "normalisation by stored statistics or the batch's own, then gain and bias",
    .inputs_min = 1, .inputs_max = 3, .shape = shape,
    .plain = {.op = GB_OP_BATCH_NORM, .isa = "plain", .fuses = true, .packed_size = packed_size,
              .pack = pack, .workspace = gb_batch_norm_workspace, .run = run},
};
