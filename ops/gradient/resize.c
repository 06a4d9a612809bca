/* Adjoints of operations that change the size of maps:
 *   resize_grad  g → the gradient of a map of h×w pixels: every pixel of the result gives its gradient to those it was
 *                computed from, with the same weights (ops/resize.c)
 *   spread       y[stride · y, stride · x] = g[y,x] in a map of h×w pixels, zeros elsewhere: the convolution of stride 1
 *                with transposed kernels over it is the adjoint of the convolution of that stride */
#include <stdio.h>

#include "ops/kernel.h"
#include "ops/resize.h"

/* ------------------------------------------------------------------------------------------------ resize_grad */

static bool resize_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0], out = {g->n, g->c, d->resize.h, d->resize.w, 1};
    if ((unsigned)d->resize.mode >= GB_RESIZE_MODES || !gb_shape_possible(&out)) {
        snprintf(why, size, "resize_grad: to %dx%d with mode %d", d->resize.h, d->resize.w, (int)d->resize.mode);
        return false;
    }
    d->out = out;
    return true;
}

static double share_of(gb_resize_mode mode, gb_resize_span span, int i) {
    return mode == GB_RESIZE_AREA ? 1.0 / span.count : span.count == 1 ? 1.0 : i ? span.fraction : 1.0 - span.fraction;
}

static size_t resize_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(double) * cpu->workers * d->out.h * d->out.w;
}

static void resize_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *g = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    gb_resize_mode mode = job->d->resize.mode;
    size_t pixels = (size_t)s->h * s->w;
    double *sums = (double *)job->args->workspace + worker * pixels;
    const gb_real *from = gb_plane(g, i / s->c, i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    for (size_t p = 0; p < pixels; p++)
        sums[p] = 0.0;
    for (int v = 0; v < g->shape.h; v++) {
        gb_resize_span rows = gb_resize_span_at(mode, s->h, g->shape.h, v);
        for (int u = 0; u < g->shape.w; u++) {
            gb_resize_span columns = gb_resize_span_at(mode, s->w, g->shape.w, u);
            double value = from[((size_t)v * g->shape.w + u) * g->shape.block];
            for (int k = 0; k < rows.count; k++)
                for (int j = 0; j < columns.count; j++)
                    sums[(size_t)(rows.first + k) * s->w + columns.first + j] +=
                        value * share_of(mode, rows, k) * share_of(mode, columns, j);
        }
    }
    for (size_t p = 0; p < pixels; p++)
        to[p * s->block] = (gb_real)sums[p];
}

static void run_resize(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, resize_plane);
}

const gb_op gb_op_resize_grad = {
    .name = "resize_grad", .summary = "adjoint of resize", .inputs_min = 1, .inputs_max = 1, .shape = resize_shape,
    .plain = {.op = GB_OP_RESIZE_GRAD, .isa = "plain", .workspace = resize_workspace, .run = run_resize},
};

/* ------------------------------------------------------------------------------------------------ spread */

static bool spread_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    int stride = d->spread.stride;
    if (stride < 1 || stride > 2 || (g->h - 1) * stride >= d->spread.h || (g->w - 1) * stride >= d->spread.w) {
        snprintf(why, size, "spread: %dx%d pixels with stride %d over %dx%d", g->h, g->w, stride, d->spread.h,
                 d->spread.w);
        return false;
    }
    d->out = (gb_shape){g->n, g->c, d->spread.h, d->spread.w, 1};
    return true;
}

static void spread_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *g = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    int stride = job->d->spread.stride;
    const gb_real *from = gb_plane(g, i / s->c, i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        to[p * s->block] = 0;
    for (int v = 0; v < g->shape.h; v++)
        for (int u = 0; u < g->shape.w; u++)
            to[((size_t)v * stride * s->w + u * stride) * s->block] =
                from[((size_t)v * g->shape.w + u) * g->shape.block];
}

static void run_spread(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, spread_plane);
}

const gb_op gb_op_spread = {
    .name = "spread", .summary = "pixels with zeros between them", .inputs_min = 1, .inputs_max = 1,
    .shape = spread_shape, .plain = {.op = GB_OP_SPREAD, .isa = "plain", .run = run_spread},
};
