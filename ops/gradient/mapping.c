/* Adjoints of the operations between z and the styles:
 *   truncate_grad    g [N,num_ws,1,C] → Σ_k g[k] · (ψ for rows below the cutoff, else 1)
 *   select_grad      g [N,C] → [N,rows,1,C]: g in row `row`, zeros in the others */
#include <stdio.h>

#include "ops/kernel.h"

/* ------------------------------------------------------------------------------------------------ truncate_grad */

static bool truncate_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    if (g->h != 1) {
        snprintf(why, size, "truncate_grad: the input is %dx%dx%d; expected rows", g->c, g->h, g->w);
        return false;
    }
    d->out = (gb_shape){g->n, g->w, 1, 1, 1};
    return true;
}

static void run_truncate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_truncate_live *live = args->live;
    const gb_shape *g = &d->in[0];
    (void)cpu;
    for (int n = 0; n < g->n; n++)
        for (int i = 0; i < g->w; i++) {
            double sum = 0.0;
            for (int k = 0; k < g->c; k++) {
                bool copied = live->psi == 1.0f || (live->cutoff >= 0 && k >= live->cutoff);
                sum += (copied ? 1.0 : (double)live->psi) * gb_plane(args->in[0], n, k)[i];
            }
            gb_plane(args->out, n, i)[0] = (gb_real)sum;
        }
}

const gb_op gb_op_truncate_grad = {
    .name = "truncate_grad", .summary = "adjoint of truncate", .inputs_min = 1, .inputs_max = 1,
    .shape = truncate_shape,
    .plain = {.op = GB_OP_TRUNCATE_GRAD, .isa = "plain", .run = run_truncate},
};

/* ------------------------------------------------------------------------------------------------ select_grad */

static bool select_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    if (g->h != 1 || g->w != 1 || d->select_grad.row < 0 || d->select_grad.row >= d->select_grad.rows) {
        snprintf(why, size, "select_grad: row %d of %d from %dx%dx%d", d->select_grad.row, d->select_grad.rows, g->c,
                 g->h, g->w);
        return false;
    }
    d->out = (gb_shape){g->n, d->select_grad.rows, 1, g->c, 1};
    return true;
}

static void run_select(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    (void)cpu;
    for (int n = 0; n < d->out.n; n++)
        for (int k = 0; k < d->out.c; k++)
            for (int i = 0; i < d->out.w; i++)
                gb_plane(args->out, n, k)[i] = k == d->select_grad.row ? gb_plane(args->in[0], n, i)[0] : 0;
}

const gb_op gb_op_select_grad = {
    .name = "select_grad", .summary = "adjoint of select", .inputs_min = 1, .inputs_max = 1, .shape = select_shape,
    .plain = {.op = GB_OP_SELECT_GRAD, .isa = "plain", .run = run_select},
};
