/* What the adjoint of attention needs beside scores and mix themselves:
 *   transpose     [N,queries,1,keys] → [N,keys,1,queries]
 *   softmax_grad  a, g → a ⊙ (g − Σ_k g[k] a[k]) for every row of the matrix */
#include <stdio.h>

#include "ops/kernel.h"

static const gb_real *matrix_row(const gb_tensor *m, int n, int row) {
    return m->data + ((size_t)n * m->shape.c + row) * m->shape.w;       /* tensors of height 1 are planar */
}

static bool transpose_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *m = &d->in[0];
    if (m->h != 1) {
        snprintf(why, size, "transpose: the input is %dx%dx%d; expected rows", m->c, m->h, m->w);
        return false;
    }
    d->out = (gb_shape){m->n, m->w, 1, m->c, 1};
    return true;
}

/* Bands of rows of the result, so that each cache line of the input is read once. */
enum { BAND = 64 };

static void transpose_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *m = job->args->in[0], *out = job->args->out;
    int rows = m->shape.c, columns = m->shape.w, bands = (columns - 1) / BAND + 1, n = i / bands, first = i % bands * BAND;
    int last = first + BAND < columns ? first + BAND : columns;
    gb_real *to = out->data + (size_t)n * rows * columns;
    (void)worker;
    for (int r = 0; r < rows; r++) {
        const gb_real *from = matrix_row(m, n, r);
        for (int c = first; c < last; c++)
            to[(size_t)c * rows + r] = from[c];
    }
}

static void run_transpose(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * ((d->in[0].w - 1) / BAND + 1), transpose_band, &job);
}

const gb_op gb_op_transpose = {
    .name = "transpose", .summary = "a matrix with rows and columns exchanged",
    .inputs_min = 1, .inputs_max = 1, .shape = transpose_shape,
    .plain = {.op = GB_OP_TRANSPOSE, .isa = "plain", .run = run_transpose},
};

static bool softmax_shape(gb_desc *d, char *why, size_t size) {
    if (!gb_shape_same(&d->in[0], &d->in[1]) || d->in[0].h != 1) {
        snprintf(why, size, "softmax_grad: the inputs are not two matrices of one size");
        return false;
    }
    d->out = d->in[0];
    return true;
}

static void softmax_task(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *out = job->args->out;
    int n = i / out->shape.c, row = i % out->shape.c, count = out->shape.w;
    const gb_real *a = matrix_row(job->args->in[0], n, row), *g = matrix_row(job->args->in[1], n, row);
    gb_real *y = out->data + ((size_t)n * out->shape.c + row) * count;
    double dot = 0.0;
    (void)worker;
    for (int k = 0; k < count; k++)
        dot += (double)g[k] * a[k];
    for (int k = 0; k < count; k++)
        y[k] = (gb_real)(a[k] * (g[k] - dot));
}

static void run_softmax(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, softmax_task);
}

const gb_op gb_op_softmax_grad = {
    .name = "softmax_grad", .summary = "adjoint of softmax", .inputs_min = 2, .inputs_max = 2, .shape = softmax_shape,
    .plain = {.op = GB_OP_SOFTMAX_GRAD, .isa = "plain", .run = run_softmax},
};
