/* The w of one layer:  y[n] = ws[n, row]. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (in->h != 1 || d->select.row < 0 || d->select.row >= in->c) {
        snprintf(why, size, "select: row %d of [%d,%d,%d,%d]; expected a row of [N,num_ws,1,C]",
                 d->select.row, in->n, in->c, in->h, in->w);
        return false;
    }
    d->out = (gb_shape){in->n, in->w, 1, 1, 1};
    return true;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    (void)cpu;
    for (int n = 0; n < d->out.n; n++) {
        const gb_real *ws = gb_plane(args->in[0], n, d->select.row);
        gb_real *w = gb_plane(args->out, n, 0);         /* the channels of a vector are neighbours */
        for (int i = 0; i < d->out.c; i++)
            w[i] = ws[(size_t)i * args->in[0]->shape.block];
    }
}

const gb_op gb_op_select = {
    .name = "select", .summary = "the w of one layer", .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_SELECT, .isa = "plain", .run = run},
};
