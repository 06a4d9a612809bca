/* The input of a disabled layer in place of its output, enlarged `up` times with nearest neighbour:
 *   y[c,y,x] = x[c,⌊y/up⌋,⌊x/up⌋] for c < kept, else 0 */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (d->pass.c < 1 || d->pass.up < 1 || d->pass.kept < 0 || d->pass.kept > in->c || d->pass.kept > d->pass.c) {
        snprintf(why, size, "pass: %d of %d channels kept in an output of %d", d->pass.kept, in->c, d->pass.c);
        return false;
    }
    d->out = (gb_shape){in->n, d->pass.c, in->h * d->pass.up, in->w * d->pass.up, 1};
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    int n = i / s->c, c = i % s->c, up = job->d->pass.up;
    const gb_real *from = c < job->d->pass.kept ? gb_plane(x, n, c) : NULL;
    gb_real *to = gb_plane(y, n, c);
    (void)worker;
    for (int v = 0; v < s->h; v++)
        for (int u = 0; u < s->w; u++)
            to[((size_t)v * s->w + u) * s->block] =
                from ? from[((size_t)(v / up) * x->shape.w + u / up) * x->shape.block] : 0.0f;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_pass = {
    .name = "pass", .summary = "the input of a disabled layer in place of its output",
    .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_PASS, .isa = "plain", .run = run},
};
