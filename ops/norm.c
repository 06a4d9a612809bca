/* Batch norm with stored statistics, class-conditional where gain and bias come from each sample's class (Brock et al.
 * 2019):  y[n,c] = (x[n,c] − mean[c]) · gain[n,c] / √(var[c] + eps) + bias[n,c].
 * Statistics may be stored for several truncations t = 0 … 1. For t between two rows the published code weights them
 * the wrong way round, mean[i]·f + mean[i+1]·(1 − f) with i + f = t / (1/(rows − 1)), and so do its pictures. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

bool gb_norm_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    for (int i = 1; i < d->inputs; i++)
        if (d->in[i].n != in->n || d->in[i].c != in->c || d->in[i].h != 1 || d->in[i].w != 1) {
            snprintf(why, size, "norm: %s has %d values, expected %d", i == 1 ? "gain" : "bias", d->in[i].c, in->c);
            return false;
        }
    if (d->inputs == 2 || d->norm.rows < 1) {
        snprintf(why, size, "norm: %s", d->inputs == 2 ? "gain without bias" : "no statistics");
        return false;
    }
    d->out = *in;
    return true;
}

/* [rows][C] mean, [rows][C] var, and where they are weights [C] gain, [C] bias. */
static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * d->in[0].c * (2 * (size_t)d->norm.rows + (d->inputs == 1 ? 2 : 0));
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    size_t c = d->in[0].c, table = c * d->norm.rows;
    float *to = packed;
    (void)cpu;
    memcpy(to, weights[0], table * sizeof *to);
    memcpy(to + table, weights[1], table * sizeof *to);
    if (d->inputs == 1) {
        memcpy(to + 2 * table, weights[2], c * sizeof *to);
        memcpy(to + 2 * table + c, weights[3], c * sizeof *to);
    }
}

/* Entry c of a table at this truncation. */
static float statistic(const float *table, int rows, int channels, int c, double truncation) {
    if (rows == 1)
        return table[c];
    double whole, fraction = modf(truncation / (1.0 / (rows - 1)), &whole);
    const float *at = table + (size_t)whole * channels;
    if (fraction == 0.0 || (int)whole + 1 >= rows)
        return at[c];
    return at[c] * (float)fraction + at[channels + c] * (float)(1.0 - fraction);
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_shape *s = &d->out;
    const gb_tensor *x = job->args->in[0];
    const gb_norm_live *live = job->args->live;
    int n = i / s->c, c = i % s->c, rows = d->norm.rows;
    const float *packed = job->args->packed, *from = gb_plane(x, n, c);
    size_t table = (size_t)rows * s->c;
    (void)worker;
    float mean = statistic(packed, rows, s->c, c, live->truncation);
    float var = statistic(packed + table, rows, s->c, c, live->truncation);
    bool given = d->inputs > 1;
    float gain = given ? gb_plane(job->args->in[1], n, c)[0] : packed[2 * table + c];
    float bias = given ? gb_plane(job->args->in[2], n, c)[0] : packed[2 * table + s->c + c];
    float scale = (float)(((d->norm.gain_from_one ? 1.0 : 0.0) + gain) / sqrt((double)var + d->norm.eps));
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, (from[p * x->shape.block] - mean) * scale + bias, n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * d->out.c, one_plane, &job);
}

const gb_op_row gb_norm_plain = {
    .op = GB_OP_NORM, .name = "norm", .isa = "plain", .fuses = true,
    .packed_size = packed_size, .pack = pack, .run = run,
};
