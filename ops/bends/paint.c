/* Painting activation vectors into maps (Herdt et al.):
 *   y[c,p] = vectors[index[p]][c] where index[p] ≥ 0, else x[c,p] */
#include "ops/kernel.h"

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_paint_live *live = job->args->live;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    int n = i / s->c, c = i % s->c;
    const gb_real *from = gb_plane(x, n, c);
    gb_real *to = gb_plane(y, n, c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        int index = live->index[p];
        to[p * s->block] = index < 0 ? from[p * x->shape.block] : live->vectors[(size_t)index * s->c + c];
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_paint = {
    .name = "paint", .summary = "activation vectors at the chosen pixels",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_PAINT, .isa = "plain", .run = run},
};
