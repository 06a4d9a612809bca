/* Distances between two inputs of the same shape, one number for each sample:
 *   l1           Σ |a − b| / count
 *   l2           Σ (a − b)² / count
 *   cosine       Σ a b / √(Σ a² · Σ b²), the product under the root at least 1e-16 (as torch.cosine_similarity)
 *   weighted_l2  Σ_p Σ_c w[c] (a[c,p] − b[c,p])² / (H·W): the distance of one layer in LPIPS (Zhang et al. 2018)
 * and cross_entropy, −Σ_c t[c] · log(e^x[c] / Σ_k e^x[k]) of logits x and shares t. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1];
    if (a->n != b->n || a->c != b->c || a->h != b->h || a->w != b->w) {
        snprintf(why, size, "%s: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; expected equal shapes", gb_ops[d->op]->name,
                 a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w);
        return false;
    }
    d->out = (gb_shape){a->n, 1, 1, 1, 1};
    return true;
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->in[0].c;
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], packed_size(cpu, d));
}

typedef struct sums { double absolute, squares, product, of_a, of_b; } sums;

/* Of one channel of a sample. */
static sums sums_of(const gb_tensor *a, const gb_tensor *b, int n, int c) {
    const gb_real *x = gb_plane(a, n, c), *y = gb_plane(b, n, c);
    sums s = {0.0, 0.0, 0.0, 0.0, 0.0};
    for (size_t p = 0; p < (size_t)a->shape.h * a->shape.w; p++) {
        double u = x[p * a->shape.block], v = y[p * b->shape.block];
        s.absolute += fabs(u - v);
        s.squares += (u - v) * (u - v);
        s.product += u * v;
        s.of_a += u * u;
        s.of_b += v * v;
    }
    return s;
}

static double distance(gb_op_id op, const gb_args *args, int n) {
    const gb_shape *in = &args->in[0]->shape;
    const gb_real *w = args->packed;
    double pixels = (double)in->h * in->w, count = pixels * in->c, weighted = 0.0;
    sums all = {0.0, 0.0, 0.0, 0.0, 0.0};
    for (int c = 0; c < in->c; c++) {
        sums s = sums_of(args->in[0], args->in[1], n, c);
        all = (sums){all.absolute + s.absolute, all.squares + s.squares, all.product + s.product, all.of_a + s.of_a,
                     all.of_b + s.of_b};
        weighted += op == GB_OP_WEIGHTED_L2 ? w[c] * s.squares : 0.0;
    }
    return op == GB_OP_L1     ? all.absolute / count
           : op == GB_OP_L2   ? all.squares / count
           : op == GB_OP_COSINE ? all.product / sqrt(fmax(all.of_a * all.of_b, 1e-16))
                                : weighted / pixels;
}

static void one_sample(void *arg, int n, int worker) {
    const gb_job *job = arg;
    (void)worker;
    gb_plane(job->args->out, n, 0)[0] = (gb_real)distance(job->d->op, job->args, n);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n, one_sample, &job);
}

/* ------------------------------------------------------------------------------------------------ cross-entropy */

static bool vectors_shape(gb_desc *d, char *why, size_t size) {
    if (d->in[0].h != 1 || d->in[0].w != 1) {
        snprintf(why, size, "cross_entropy: the input is %dx%dx%d; expected a vector", d->in[0].c, d->in[0].h,
                 d->in[0].w);
        return false;
    }
    return shape(d, why, size);
}

/* log(Σ_k e^x[k]) is taken relative to the largest x, so that nothing overflows. */
static void entropy_of_sample(void *arg, int n, int worker) {
    const gb_job *job = arg;
    const gb_real *x = gb_plane(job->args->in[0], n, 0), *t = gb_plane(job->args->in[1], n, 0);
    int count = job->d->in[0].c;
    double largest = x[0], sum = 0.0, entropy = 0.0;
    (void)worker;
    for (int c = 1; c < count; c++)
        largest = x[c] > largest ? x[c] : largest;
    for (int c = 0; c < count; c++)
        sum += exp(x[c] - largest);
    for (int c = 0; c < count; c++)
        entropy -= t[c] * (x[c] - largest - log(sum));
    gb_plane(job->args->out, n, 0)[0] = (gb_real)entropy;
}

static void run_entropy(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n, entropy_of_sample, &job);
}

/* ------------------------------------------------------------------------------------------------ rows */

const gb_op gb_op_l1 = {
    .name = "l1", .summary = "mean absolute difference of two inputs", .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_L1, .isa = "plain", .run = run},
};
const gb_op gb_op_l2 = {
    .name = "l2", .summary = "mean squared difference of two inputs", .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_L2, .isa = "plain", .run = run},
};
const gb_op gb_op_cosine = {
    .name = "cosine", .summary = "cosine of the angle between two inputs", .inputs_min = 2, .inputs_max = 2,
    .shape = shape, .plain = {.op = GB_OP_COSINE, .isa = "plain", .run = run},
};
const gb_op gb_op_weighted_l2 = {
    .name = "weighted_l2", .summary = "squared difference of two inputs, weighted by channel, mean over pixels",
    .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_WEIGHTED_L2, .isa = "plain", .packed_size = packed_size, .pack = pack, .run = run},
};
const gb_op gb_op_cross_entropy = {
    .name = "cross_entropy", .summary = "cross-entropy of logits and the shares of classes",
    .inputs_min = 2, .inputs_max = 2, .shape = vectors_shape,
    .plain = {.op = GB_OP_CROSS_ENTROPY, .isa = "plain", .run = run_entropy},
};
