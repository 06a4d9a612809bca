/* A constant scale and offset of each channel:  y[c] = x[c] · scale[c] + offset[c].  Normalises pictures before a network
 * that looks at them. Both are weights; each step rounds. */
#include <string.h>

#include "ops/epilogue.h"

/* Packed: [C] scale, [C] offset. */
static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * 2 * d->in[0].c;
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    size_t c = d->in[0].c;
    (void)cpu;
    memcpy(packed, weights[0], c * sizeof(gb_real));
    memcpy((gb_real *)packed + c, weights[1], c * sizeof(gb_real));
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0];
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    const gb_real *from = gb_plane(x, n, c), *scale = job->args->packed, *offset = scale + s->c;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, from[p * x->shape.block] * scale[c] + offset[c], n, c, p);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_channel_affine = {
    .name = "channel_affine", .summary = "a constant scale and offset of each channel",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_CHANNEL_AFFINE, .isa = "plain", .fuses = true, .packed_size = packed_size, .pack = pack,
              .run = run},
};
