/* A vector of C·H·W values as C maps:  y[c,p] = x[c·H·W + p],  or x[p·C + c] if its channels are last. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    const gb_shape out = {in->n, d->reshape.c, d->reshape.h, d->reshape.w, 1};
    if (in->h != 1 || in->w != 1 || !gb_shape_possible(&out) || (int64_t)out.c * out.h * out.w != in->c) {
        snprintf(why, size, "reshape: the input is %dx%dx%d; expected a vector of %d*%d*%d values", in->c, in->h, in->w,
                 d->reshape.c, d->reshape.h, d->reshape.w);
        return false;
    }
    d->out = out;
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    int n = i / s->c, c = i % s->c, pixels = s->h * s->w;
    gb_real *to = gb_plane(y, n, c);
    (void)worker;
    for (int p = 0; p < pixels; p++)
        to[(size_t)p * s->block] = gb_plane(x, n, job->d->reshape.channels_last ? p * s->c + c : c * pixels + p)[0];
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_reshape = {
    .name = "reshape", .summary = "a vector as feature maps", .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_RESHAPE, .isa = "plain", .run = run},
};
