/* An operation: the product of two inputs of the same shape.  y = epilogue(in[0] · in[1]) */
#include <stdio.h>

#include "ops/epilogue.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1];
    if (!gb_shape_same(a, b)) {
        snprintf(why, size, "product: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; expected the same shape and layout",
                 a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w);
        return false;
    }
    d->out = *a;
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    const float *a = gb_plane(job->args->in[0], n, c), *b = gb_plane(job->args->in[1], n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, a[p * s->block] * b[p * s->block], n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * d->out.c, one_plane, &job);
}

const gb_op gb_op_product = {
    .name = "product", .summary = "product of two inputs", .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_PRODUCT, .isa = "plain", .fuses = true, .run = run},
};
