/* Noise, bias with activation, and addition as operations of their own:  y = epilogue(x). Their whole arithmetic is
 * the epilogue's, so alone and fused they cannot differ. */
#include <stdio.h>

#include "ops/epilogue.h"

bool gb_noise_shape(gb_desc *d, char *why, size_t size) {
    (void)why, (void)size;
    d->out = d->in[0];
    return true;
}

bool gb_bias_act_shape(gb_desc *d, char *why, size_t size) {
    return gb_noise_shape(d, why, size);
}

bool gb_add_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1];
    if (!gb_shape_same(a, b)) {
        snprintf(why, size, "add: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d], expected the same shape and layout",
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
    const float *from = gb_plane(x, n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, from[p * x->shape.block], n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * d->out.c, one_plane, &job);
}

const gb_op_row gb_noise_plain = {
    .op = GB_OP_NOISE, .name = "noise", .isa = "plain", .fuses = true, .run = run,
};
const gb_op_row gb_bias_act_plain = {
    .op = GB_OP_BIAS_ACT, .name = "bias_act", .isa = "plain", .fuses = true, .run = run,
};
const gb_op_row gb_add_plain = {
    .op = GB_OP_ADD, .name = "add", .isa = "plain", .fuses = true, .run = run,
};
