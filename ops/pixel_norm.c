/* Pixel norm:  y[c] = x[c] / √(mean_c x[c]² + eps), for every sample and pixel. */
#include <math.h>

#include "ops/kernel.h"

static void normalize_sample(void *arg, int n, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &job->d->out;
    (void)worker;
    size_t pixels = (size_t)s->h * s->w, block = s->block;
    for (size_t p = 0; p < pixels; p++) {
        const gb_real *from = gb_plane(x, n, 0) + p * block;
        gb_real *to = gb_plane(y, n, 0) + p * block;
        double squares = 0.0;
        for (int b = 0; b < gb_blocks(s); b++)
            for (int i = 0; i < gb_block_channels(s, b); i++) {
                double v = from[b * pixels * block + i];
                squares += v * v;
            }
        double scale = 1.0 / sqrt(squares / s->c + job->d->pixel_norm.eps);
        for (int b = 0; b < gb_blocks(s); b++)
            for (int i = 0; i < gb_block_channels(s, b); i++)
                to[b * pixels * block + i] = (gb_real)(from[b * pixels * block + i] * scale);
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
