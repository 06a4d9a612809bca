/* The channels of two inputs, one after the other:  y = [in[0]; in[1]] along C. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1];
    if (a->n != b->n || a->h != b->h || a->w != b->w) {
        snprintf(why, size, "concat: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; only channels may differ",
                 a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w);
        return false;
    }
    d->out = *a;
    d->out.c += b->c;
    return true;
}

static void copy_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c, first = job->d->in[0].c;
    const gb_tensor *x = job->args->in[c < first ? 0 : 1], *y = job->args->out;
    const gb_real *from = gb_plane(x, n, c < first ? c : c - first);
    gb_real *to = gb_plane(y, n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        to[p * y->shape.block] = from[p * x->shape.block];
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, copy_plane);
}

const gb_op gb_op_concat = {
    .name = "concat", .summary = "the channels of two inputs, one after the other",
    .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_CONCAT, .isa = "plain", .run = run},
};
