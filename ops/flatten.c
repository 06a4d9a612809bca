/* Feature maps as one vector:  y[c·H·W + p] = x[c,p].  The inverse of reshape. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    int64_t values = (int64_t)in->c * in->h * in->w;
    if (values > 1 << 20) {
        snprintf(why, size, "flatten: %dx%dx%d are more than %d values", in->c, in->h, in->w, 1 << 20);
        return false;
    }
    d->out = (gb_shape){in->n, (int)values, 1, 1, 1};
    return true;
}

static void one_map(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0];
    int n = i / x->shape.c, c = i % x->shape.c;
    size_t pixels = (size_t)x->shape.h * x->shape.w;
    const gb_real *from = gb_plane(x, n, c);
    gb_real *to = gb_plane(job->args->out, n, 0) + c * pixels;
    (void)worker;
    for (size_t p = 0; p < pixels; p++)
        to[p] = from[p * x->shape.block];
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * d->in[0].c, one_map, &job);
}

const gb_op gb_op_flatten = {
    .name = "flatten", .summary = "feature maps as a vector", .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_FLATTEN, .isa = "plain", .run = run},
};
