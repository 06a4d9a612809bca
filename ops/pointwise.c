/* Noise, bias with activation, and addition as separate operations:  y = epilogue(x).  The epilogue does all of their
 * arithmetic, so separate and fused results cannot differ. */
#include <stdio.h>

#include "ops/epilogue.h"

static bool add_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1];
    if (!gb_shape_same(a, b)) {
        snprintf(why, size, "add: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; expected the same shape and layout",
                 a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w);
        return false;
    }
    d->out = *a;
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    const gb_tensor *x = job->args->in[0];
    int n = i / s->c, c = i % s->c;
    const gb_real *from = gb_plane(x, n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, from[p * x->shape.block], n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_noise = {
    .name = "noise", .summary = "noise times a strength, added",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_NOISE, .isa = "plain", .fuses = true, .run = run},
};
const gb_op gb_op_bias_act = {
    .name = "bias_act", .summary = "bias, activation, gain and clamp",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_BIAS_ACT, .isa = "plain", .fuses = true, .run = run},
};
const gb_op gb_op_add = {
    .name = "add", .summary = "sum of two inputs", .inputs_min = 2, .inputs_max = 2, .shape = add_shape,
    .plain = {.op = GB_OP_ADD, .isa = "plain", .fuses = true, .run = run},
};
