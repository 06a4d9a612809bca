/* Max pooling:  y[y,x] = max x[2y..2y+1, 2x..2x+1].  An odd last row or column is dropped; NaN wins. */
#include <math.h>
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (in->h < 2 || in->w < 2) {
        snprintf(why, size, "max_pool: the input is %dx%d; expected at least 2x2", in->h, in->w);
        return false;
    }
    d->out = (gb_shape){in->n, in->c, in->h / 2, in->w / 2, 1};
    return true;
}

static gb_real larger(gb_real a, gb_real b) {
    return a > b || isnan(a) ? a : b;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    const gb_real *from = gb_plane(x, i / s->c, i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    size_t step = x->shape.block, row = x->shape.w * step;
    (void)worker;
    for (int v = 0; v < s->h; v++)
        for (int u = 0; u < s->w; u++) {
            const gb_real *p = from + 2 * v * row + 2 * u * step;
            to[((size_t)v * s->w + u) * s->block] = larger(larger(p[0], p[step]), larger(p[row], p[row + step]));
        }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_max_pool = {
    .name = "max_pool", .summary = "maximum of each 2x2 pixels", .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_MAX_POOL, .isa = "plain", .run = run},
};
