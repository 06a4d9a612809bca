/* A learned constant, the same for every sample:  y[n,c,p] = weights[0][c,p]. */
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    if (d->out.n < 1) {
        snprintf(why, size, "constant: the batch size out.n is %d; expected at least 1", d->out.n);
        return false;
    }
    d->out = (gb_shape){d->out.n, d->constant.c, d->constant.h, d->constant.w, 1};
    return true;
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->constant.c * d->constant.h * d->constant.w;
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], packed_size(cpu, d));
}

static void write_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    size_t pixels = (size_t)s->h * s->w;
    int n = i / s->c, c = i % s->c;
    const gb_real *value = (const gb_real *)job->args->packed + c * pixels;
    gb_real *to = gb_plane(job->args->out, n, c);
    (void)worker;
    for (size_t p = 0; p < pixels; p++)
        to[p * s->block] = gb_epilogue_value(job->args->epilogue, value[p], n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, write_plane);
}

const gb_op gb_op_constant = {
    .name = "constant", .summary = "a learned constant, the same for every sample",
    .inputs_min = 0, .inputs_max = 0, .shape = shape,
    .plain = {.op = GB_OP_CONSTANT, .isa = "plain", .fuses = true, .packed_size = packed_size, .pack = pack,
              .run = run},
};
