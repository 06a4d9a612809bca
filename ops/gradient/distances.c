/* Adjoints of distances (ops/distances.c). g is one number for each sample.
 *   distance_grad       a, b, g → the gradient of a; all distances are symmetric, so that b's is that of (b, a):
 *                       l1 g · sign(a − b)/count, l2 g · 2(a − b)/count, weighted_l2 g · 2 w (a − b)/(H·W),
 *                       cosine g · (b − cos · a · |b|/|a|)/(|a| |b|)
 *   cross_entropy_grad  logits x, shares t, g → g · (softmax(x) · Σ t − t) */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/kernel.h"

static bool pair_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1], *g = &d->in[2];
    if (!gb_shape_same(a, b) || g->n != a->n || g->c * g->h * g->w != 1) {
        snprintf(why, size, "%s: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d] with %d gradients each", gb_ops[d->op]->name,
                 a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w, g->c);
        return false;
    }
    d->out = *a;
    return true;
}

/* ------------------------------------------------------------------------------------------------ distance_grad */

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->distance_grad.of == GB_OP_WEIGHTED_L2 ? sizeof(gb_real) * d->in[0].c : sizeof(gb_real);
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    if (d->distance_grad.of == GB_OP_WEIGHTED_L2)
        memcpy(packed, weights[0], packed_size(cpu, d));
}

/* The sums of a cosine, for every channel: a², b², a b. */
static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->distance_grad.of == GB_OP_COSINE ? sizeof(double) * 3 * d->in[0].n * d->in[0].c : 0;
}

static void sum_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->in[0];
    const gb_real *a = gb_plane(job->args->in[0], i / s->c, i % s->c), *b = gb_plane(job->args->in[1], i / s->c, i % s->c);
    double *sums = (double *)job->args->workspace + 3 * (size_t)i;
    (void)worker;
    sums[0] = sums[1] = sums[2] = 0.0;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        double u = a[p * s->block], v = b[p * s->block];
        sums[0] += u * u;
        sums[1] += v * v;
        sums[2] += u * v;
    }
}

/* y = of_a · a + of_b · b for the cosine of sample n. */
static void cosine_factors(const gb_job *job, int n, double *of_a, double *of_b) {
    int channels = job->d->in[0].c;
    const double *sums = (const double *)job->args->workspace + 3 * (size_t)n * channels;
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (int c = 0; c < channels; c++) {
        aa += sums[3 * c];
        bb += sums[3 * c + 1];
        ab += sums[3 * c + 2];
    }
    bool tiny = aa * bb <= 1e-16;           /* the cosine is ab / 1e-8 there */
    double length = sqrt(fmax(aa * bb, 1e-16));
    *of_b = 1.0 / length;
    *of_a = tiny ? 0.0 : -ab / (length * aa);
}

static void distance_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_shape *s = &d->out;
    int n = i / s->c, c = i % s->c;
    const gb_real *a = gb_plane(job->args->in[0], n, c), *b = gb_plane(job->args->in[1], n, c);
    gb_real *y = gb_plane(job->args->out, n, c);
    double g = gb_plane(job->args->in[2], n, 0)[0], pixels = (double)s->h * s->w, count = pixels * s->c;
    double of_a = 0.0, of_b = 0.0;
    (void)worker;
    if (d->distance_grad.of == GB_OP_L2)
        of_a = 2.0 / count;
    else if (d->distance_grad.of == GB_OP_WEIGHTED_L2)
        of_a = 2.0 * ((const gb_real *)job->args->packed)[c] / pixels;
    else if (d->distance_grad.of == GB_OP_COSINE)
        cosine_factors(job, n, &of_a, &of_b);
    if (d->distance_grad.of != GB_OP_COSINE)
        of_b = -of_a;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        double u = a[p * s->block], v = b[p * s->block];
        double slope = d->distance_grad.of == GB_OP_L1 ? ((u > v) - (u < v)) / count : of_a * u + of_b * v;
        y[p * s->block] = (gb_real)(g * slope);
    }
}

static void run_distance(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    if (d->distance_grad.of == GB_OP_COSINE)
        gb_parallel(cpu, d->in[0].n * d->in[0].c, sum_plane, &job);
    gb_each_plane(cpu, d, args, distance_plane);
}

const gb_op gb_op_distance_grad = {
    .name = "distance_grad", .summary = "adjoint of a distance", .inputs_min = 3, .inputs_max = 3, .shape = pair_shape,
    .plain = {.op = GB_OP_DISTANCE_GRAD, .isa = "plain", .packed_size = packed_size, .pack = pack,
              .workspace = workspace, .run = run_distance},
};

/* ------------------------------------------------------------------------------------------------ cross_entropy_grad */

static void entropy_sample(void *arg, int n, int worker) {
    const gb_job *job = arg;
    const gb_real *x = gb_plane(job->args->in[0], n, 0), *t = gb_plane(job->args->in[1], n, 0);
    double g = gb_plane(job->args->in[2], n, 0)[0], largest = x[0], sum = 0.0, shares = 0.0;
    int count = job->d->in[0].c;
    (void)worker;
    for (int c = 1; c < count; c++)
        largest = x[c] > largest ? x[c] : largest;
    for (int c = 0; c < count; c++) {
        sum += exp(x[c] - largest);
        shares += t[c];
    }
    for (int c = 0; c < count; c++)
        gb_plane(job->args->out, n, c)[0] = (gb_real)(g * (exp(x[c] - largest) / sum * shares - t[c]));
}

static void run_entropy(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n, entropy_sample, &job);
}

const gb_op gb_op_cross_entropy_grad = {
    .name = "cross_entropy_grad", .summary = "adjoint of cross_entropy", .inputs_min = 3, .inputs_max = 3,
    .shape = pair_shape, .plain = {.op = GB_OP_CROSS_ENTROPY_GRAD, .isa = "plain", .run = run_entropy},
};
