/* The adjoint of max_pool: the gradient goes to the pixel that the maximum came from, of equal ones the first. */
#include <math.h>
#include <stdio.h>

#include "ops/epilogue.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *x = &d->in[0], *g = &d->in[1];
    if (g->n != x->n || g->c != x->c || g->h != x->h / 2 || g->w != x->w / 2) {
        snprintf(why, size, "max_pool_grad: maps of %dx%d and gradients of %dx%d", x->h, x->w, g->h, g->w);
        return false;
    }
    d->out = *x;
    return true;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *g = job->args->in[1];
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    const gb_real *from = gb_plane(x, n, c), *grad = gb_plane(g, n, c);
    (void)worker;
    for (int y = 0; y < s->h; y++)
        for (int u = 0; u < s->w; u++) {
            bool chosen = y / 2 < g->shape.h && u / 2 < g->shape.w;
            int mine = y % 2 * 2 + u % 2, best = 0;
            for (int k = 1; chosen && k < 4; k++) {
                gb_real a = from[((size_t)(y / 2 * 2 + best / 2) * s->w + u / 2 * 2 + best % 2) * s->block];
                gb_real b = from[((size_t)(y / 2 * 2 + k / 2) * s->w + u / 2 * 2 + k % 2) * s->block];
                best = b > a || (isnan(b) && !isnan(a)) ? k : best;
            }
            gb_real v = chosen && best == mine ? grad[((size_t)(y / 2) * g->shape.w + u / 2) * g->shape.block] : 0;
            gb_store(job->args->out, job->args->epilogue, v, n, c, (size_t)y * s->w + u);
        }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_max_pool_grad = {
    .name = "max_pool_grad", .summary = "adjoint of max_pool", .inputs_min = 2, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_MAX_POOL_GRAD, .isa = "plain", .fuses = true, .run = run},
};
