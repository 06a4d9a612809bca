/* Pixel norm:  y[c] = x[c] / √(mean_c x[c]² + eps), for every sample and pixel. */
#include <math.h>

#include "ops/kernel.h"

static void normalize_sample(void *arg, int n, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &job->d->out;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        double squares = 0.0;
        for (int c = 0; c < s->c; c++) {
            double v = gb_plane(x, n, c)[p * x->shape.block];
            squares += v * v;
        }
        double scale = 1.0 / sqrt(squares / s->c + job->d->pixel_norm.eps);
        for (int c = 0; c < s->c; c++)
            gb_plane(y, n, c)[p * y->shape.block] = (gb_real)(gb_plane(x, n, c)[p * x->shape.block] * scale);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n, normalize_sample, &job);
}

const gb_op gb_op_pixel_norm = {
    .name = "pixel_norm", .summary = "x divided by its root mean square over channels",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_PIXEL_NORM, .isa = "plain", .run = run},
};
