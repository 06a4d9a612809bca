/* Unit norm:  y[c] = x[c] / (√(Σ_c x[c]²) + eps), for every sample and pixel: channels become a direction (LPIPS). */
#include <math.h>

#include "ops/kernel.h"

static void normalize_row(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &job->d->out;
    int n = i / s->h;
    (void)worker;
    for (size_t p = (size_t)(i % s->h) * s->w, last = p + s->w; p < last; p++) {
        double squares = 0.0;
        for (int c = 0; c < s->c; c++) {
            double v = gb_plane(x, n, c)[p * x->shape.block];
            squares += v * v;
        }
        double length = sqrt(squares) + job->d->unit_norm.eps;
        for (int c = 0; c < s->c; c++)
            gb_plane(y, n, c)[p * y->shape.block] = (gb_real)(gb_plane(x, n, c)[p * x->shape.block] / length);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * d->out.h, normalize_row, &job);
}

const gb_op gb_op_unit_norm = {
    .name = "unit_norm", .summary = "x divided by its length over channels",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_UNIT_NORM, .isa = "plain", .run = run},
};
