/* A range of channels:  y[n,c] = x[n, from + c]. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (d->slice.from < 0 || d->slice.count < 1 || d->slice.from > in->c - d->slice.count) {
        snprintf(why, size, "slice: %d channels from %d on, but the input has %d", d->slice.count, d->slice.from,
                 in->c);
        return false;
    }
    d->out = (gb_shape){in->n, d->slice.count, in->h, in->w, 1};
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    const gb_real *from = gb_plane(x, i / s->c, job->d->slice.from + i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        to[p * s->block] = from[p * x->shape.block];
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_slice = {
    .name = "slice", .summary = "a range of channels", .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_SLICE, .isa = "plain", .run = run},
};
