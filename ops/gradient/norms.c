/* Adjoints of the normalisations of each pixel over its channels: the gradient g without its share in the direction of x,
 * scaled.
 *   pixel_norm_grad  x, g → r (g − x r² mean_c(g x)),  r = 1/√(mean_c x² + eps)
 *   unit_norm_grad   x, g → (g − x (g·x)/(r (r + eps)))/(r + eps), r = √(Σ_c x²); 0 where r is 0 */
#include <math.h>
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    if (!gb_shape_same(&d->in[0], &d->in[1])) {
        snprintf(why, size, "%s: the inputs have different shapes", gb_ops[d->op]->name);
        return false;
    }
    d->out = d->in[0];
    return true;
}

/* y = (g − share · x) · scale / length; 0 if the scale is. */
typedef struct norm_factors { double share, scale, length; } norm_factors;

static norm_factors factors_of(const gb_desc *d, double squares, double product) {
    if (d->op == GB_OP_PIXEL_NORM_GRAD) {
        double r = 1.0 / sqrt(squares / d->out.c + d->pixel_norm.eps);
        return (norm_factors){r * r * product / d->out.c, r, 1.0};
    }
    double r = sqrt(squares), length = r + d->unit_norm.eps;
    return r > 0.0 ? (norm_factors){product / (r * length), 1.0, length} : (norm_factors){0.0, 0.0, 1.0};
}

/* One row of pixels of a sample. */
static void one_row(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    const gb_tensor *x = job->args->in[0], *g = job->args->in[1], *y = job->args->out;
    int n = i / s->h;
    (void)worker;
    for (size_t p = (size_t)(i % s->h) * s->w, last = p + s->w; p < last; p++) {
        double squares = 0.0, product = 0.0;
        for (int c = 0; c < s->c; c++) {
            double v = gb_plane(x, n, c)[p * s->block];
            squares += v * v;
            product += v * gb_plane(g, n, c)[p * s->block];
        }
        norm_factors f = factors_of(job->d, squares, product);
        for (int c = 0; c < s->c; c++) {
            double v = gb_plane(g, n, c)[p * s->block] - f.share * gb_plane(x, n, c)[p * s->block];
            gb_plane(y, n, c)[p * s->block] = (gb_real)(f.scale != 0.0 ? v * f.scale / f.length : 0.0);
        }
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * d->out.h, one_row, &job);
}

const gb_op gb_op_pixel_norm_grad = {
    .name = "pixel_norm_grad", .summary = "adjoint of pixel_norm", .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_PIXEL_NORM_GRAD, .isa = "plain", .run = run},
};

const gb_op gb_op_unit_norm_grad = {
    .name = "unit_norm_grad", .summary = "adjoint of unit_norm", .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_UNIT_NORM_GRAD, .isa = "plain", .run = run},
};
