/* Channel shuffle (Zhang et al. 2018): interleaves the groups,  y[i·groups + g] = x[g·C/groups + i]. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    if (d->shuffle.groups < 1 || d->in[0].c % d->shuffle.groups) {
        snprintf(why, size, "shuffle: %d channels are not %d equal groups", d->in[0].c, d->shuffle.groups);
        return false;
    }
    d->out = d->in[0];
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    int n = i / s->c, c = i % s->c, groups = job->d->shuffle.groups;
    const gb_real *from = gb_plane(x, n, c % groups * (s->c / groups) + c / groups);
    gb_real *to = gb_plane(y, n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        to[p * s->block] = from[p * x->shape.block];
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_shuffle = {
    .name = "shuffle", .summary = "the channels of several groups, interleaved", .inputs_min = 1, .inputs_max = 1,
    .shape = shape, .plain = {.op = GB_OP_SHUFFLE, .isa = "plain", .run = run},
};
