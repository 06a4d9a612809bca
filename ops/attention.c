/* Self-attention over pixels (Zhang et al. 2018), for every query pixel q and key pixel k:
 *   scores[q,k] = Σ_c θ[c,q] φ[c,k]     softmax: a[q,k] = e^scores[q,k] / Σ_k e^scores[q,k]
 *   mix: y[c,q] = Σ_k g[c,k] a[q,k]
 * Each step is an operation, so that the matrix can be read. The operation `attention` does all three, one row of the
 * matrix at a time, with the same functions and therefore the same bits. */
#include <tgmath.h>
#include <stdio.h>

#include "ops/kernel.h"

static bool scores_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *q = &d->in[0], *k = &d->in[1];
    if (q->c != k->c || q->n != k->n) {
        snprintf(why, size, "scores: queries have %d channels, keys %d", q->c, k->c);
        return false;
    }
    d->out = (gb_shape){q->n, q->h * q->w, 1, k->h * k->w, 1};
    return true;
}

static bool softmax_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (in->h != 1) {
        snprintf(why, size, "softmax: the input is %dx%dx%d; expected rows", in->c, in->h, in->w);
        return false;
    }
    d->out = *in;
    return true;
}

static bool mixed_shape(const gb_shape *g, const gb_shape *q, int rows, int columns, gb_shape *out, char *why,
                        size_t size) {
    if (g->h * g->w != columns || q->h * q->w != rows) {
        snprintf(why, size, "mix: %d values for %d keys and %d pixels for %d queries; expected equal numbers",
                 g->h * g->w, columns, q->h * q->w, rows);
        return false;
    }
    *out = (gb_shape){q->n, g->c, q->h, q->w, 1};
    return true;
}

/* in[0] values g, in[1] the matrix, in[2] a map of the queries' size. */
static bool mix_shape(gb_desc *d, char *why, size_t size) {
    if (d->in[1].h != 1) {
        snprintf(why, size, "mix: the weights are %dx%dx%d, expected rows", d->in[1].c, d->in[1].h, d->in[1].w);
        return false;
    }
    return mixed_shape(&d->in[0], &d->in[2], d->in[1].c, d->in[1].w, &d->out, why, size);
}

/* in[0] θ, in[1] φ, in[2] g. */
static bool attention_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *q = &d->in[0], *k = &d->in[1];
    if (!scores_shape(d, why, size))
        return false;
    return mixed_shape(&d->in[2], q, q->h * q->w, k->h * k->w, &d->out, why, size);
}

static uint64_t scores_macs(const gb_desc *d) {
    return (uint64_t)d->out.n * d->in[0].c * d->out.c * d->out.w;
}

static uint64_t mix_macs(const gb_desc *d) {
    return (uint64_t)d->in[0].n * d->in[0].c * d->in[1].c * d->in[1].w;
}

static uint64_t attention_macs(const gb_desc *d) {
    const gb_shape *q = &d->in[0], *k = &d->in[1];
    return (uint64_t)q->n * (q->c + d->in[2].c) * ((uint64_t)q->h * q->w) * ((uint64_t)k->h * k->w);
}

static void scores_row(const gb_tensor *theta, const gb_tensor *phi, int n, int q, gb_real *row) {
    int keys = phi->shape.h * phi->shape.w;
    for (int k = 0; k < keys; k++) {
        double sum = 0.0;
        for (int c = 0; c < theta->shape.c; c++)
            sum += (double)gb_plane(theta, n, c)[(size_t)q * theta->shape.block] *
                   gb_plane(phi, n, c)[(size_t)k * phi->shape.block];
        row[k] = (gb_real)sum;
    }
}

static void softmax_row(const gb_real *x, int count, gb_real *y) {
    gb_real largest = x[0];
    double sum = 0.0;
    for (int k = 1; k < count; k++)
        largest = x[k] > largest ? x[k] : largest;
    for (int k = 0; k < count; k++) {
        y[k] = exp(x[k] - largest);
        sum += y[k];
    }
    for (int k = 0; k < count; k++)
        y[k] = (gb_real)(y[k] / sum);
}

static void mix_row(const gb_tensor *g, const gb_real *row, int n, int q, const gb_tensor *out) {
    int keys = g->shape.h * g->shape.w;
    for (int c = 0; c < g->shape.c; c++) {
        const gb_real *values = gb_plane(g, n, c);
        double sum = 0.0;
        for (int k = 0; k < keys; k++)
            sum += (double)values[(size_t)k * g->shape.block] * row[k];
        gb_plane(out, n, c)[(size_t)q * out->shape.block] = (gb_real)sum;
    }
}

/* Row q of a matrix [N, queries, 1, keys]. Tensors of height 1 are planar. */
static gb_real *matrix_row(const gb_tensor *m, int n, int q) {
    return m->data + ((size_t)n * m->shape.c + q) * m->shape.w;
}

static void scores_task(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *out = job->args->out;
    int n = i / out->shape.c, q = i % out->shape.c;
    (void)worker;
    scores_row(job->args->in[0], job->args->in[1], n, q, matrix_row(out, n, q));
}

static void softmax_task(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *out = job->args->out;
    int n = i / out->shape.c, q = i % out->shape.c;
    (void)worker;
    softmax_row(matrix_row(job->args->in[0], n, q), out->shape.w, matrix_row(out, n, q));
}

static void mix_task(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *matrix = job->args->in[1];
    int n = i / matrix->shape.c, q = i % matrix->shape.c;
    (void)worker;
    mix_row(job->args->in[0], matrix_row(matrix, n, q), n, q, job->args->out);
}

static void attention_task(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *theta = job->args->in[0], *phi = job->args->in[1];
    int queries = theta->shape.h * theta->shape.w, keys = phi->shape.h * phi->shape.w;
    int n = i / queries, q = i % queries;
    gb_real *row = (gb_real *)job->args->workspace + (size_t)worker * keys;
    scores_row(theta, phi, n, q, row);
    softmax_row(row, keys, row);
    mix_row(job->args->in[2], row, n, q, job->args->out);
}

static void run_scores(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, scores_task);
}

static void run_softmax(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, softmax_task);
}

static void run_mix(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[1].n * d->in[1].c, mix_task, &job);
}

static void run_attention(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * d->in[0].h * d->in[0].w, attention_task, &job);
}

static size_t attention_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return (size_t)cpu->workers * d->in[1].h * d->in[1].w * sizeof(gb_real);
}

const gb_op gb_op_scores = {
    .name = "scores", .summary = "dot products of every query with every key",
    .inputs_min = 2, .inputs_max = 2, .shape = scores_shape, .macs = scores_macs,
    .plain = {.op = GB_OP_SCORES, .isa = "plain", .run = run_scores},
};
const gb_op gb_op_softmax = {
    .name = "softmax", .summary = "softmax of each row", .inputs_min = 1, .inputs_max = 1, .shape = softmax_shape,
    .plain = {.op = GB_OP_SOFTMAX, .isa = "plain", .run = run_softmax},
};
const gb_op gb_op_mix = {
    .name = "mix", .summary = "for each query, the sum of the values weighted by its row",
    .inputs_min = 3, .inputs_max = 3, .shape = mix_shape, .macs = mix_macs,
    .plain = {.op = GB_OP_MIX, .isa = "plain", .run = run_mix},
};
const gb_op gb_op_attention = {
    .name = "attention", .summary = "scores, softmax and mix without storing the matrix",
    .inputs_min = 3, .inputs_max = 3, .shape = attention_shape, .macs = attention_macs,
    .plain = {.op = GB_OP_ATTENTION, .isa = "plain", .workspace = attention_workspace, .run = run_attention},
};
