/* Enlargement by 2 with nearest neighbour:  y[y,x] = x[⌊y/2⌋, ⌊x/2⌋]. */
#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    (void)why, (void)size;
    d->out = (gb_shape){in->n, in->c, in->h * 2, in->w * 2, 1};
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    const gb_real *from = gb_plane(x, i / s->c, i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    (void)worker;
    for (int v = 0; v < s->h; v++)
        for (int u = 0; u < s->w; u++)
            to[((size_t)v * s->w + u) * s->block] = from[((size_t)(v / 2) * x->shape.w + u / 2) * x->shape.block];
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_upsample_nearest = {
    .name = "upsample_nearest", .summary = "enlarging by 2 with nearest neighbour",
    .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_UPSAMPLE_NEAREST, .isa = "plain", .run = run},
};
