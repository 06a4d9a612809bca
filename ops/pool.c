/* Pooling over windows of size × size pixels, from (y·stride − padding, x·stride − padding) on:
 *   max_pool  y[y,x] = max of the window's pixels inside the map; NaN wins
 *   avg_pool  y[y,x] = Σ of them / size²: the padding counts as zeros
 *   global_mean  y = Σ x / (H·W), over the whole map
 * Rows and columns that no whole window reaches are dropped. */
#include <math.h>
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, const char *name, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    const gb_pool *pool = &d->pool;
    int pad = pool->padding;
    if (pool->size < 1 || pool->size > 1 << 15 || pool->stride < 1 || pool->stride > 1 << 15 || pad < 0 ||
        pad > pool->size / 2) {
        snprintf(why, size, "%s: window %d, stride %d, padding %d; expected a window and stride of at least 1 and a "
                 "padding of at most half the window", name, pool->size, pool->stride, pad);
        return false;
    }
    if (in->h + 2 * pad < pool->size || in->w + 2 * pad < pool->size) {
        snprintf(why, size, "%s: the input is %dx%d; expected at least %dx%d", name, in->h, in->w, pool->size - 2 * pad,
                 pool->size - 2 * pad);
        return false;
    }
    d->out = (gb_shape){in->n, in->c, (in->h + 2 * pad - pool->size) / pool->stride + 1,
                        (in->w + 2 * pad - pool->size) / pool->stride + 1, 1};
    return true;
}

static bool max_shape(gb_desc *d, char *why, size_t size) {
    return shape(d, "max_pool", why, size);
}

static bool avg_shape(gb_desc *d, char *why, size_t size) {
    return shape(d, "avg_pool", why, size);
}

static bool mean_shape(gb_desc *d, char *why, size_t size) {
    (void)why, (void)size;
    d->out = (gb_shape){d->in[0].n, d->in[0].c, 1, 1, 1};
    return true;
}

static gb_real larger(gb_real a, gb_real b) {
    return a > b || isnan(a) ? a : b;
}

/* The value of the window at output (v, u) of a plane. */
static gb_real window(const gb_desc *d, const gb_real *plane, size_t block, int v, int u) {
    const gb_pool *pool = &d->pool;
    bool mean = d->op == GB_OP_AVG_POOL;
    gb_real most = -INFINITY;
    double sum = 0.0;
    for (int y = v * pool->stride - pool->padding, end = y + pool->size; y < end; y++)
        for (int x = u * pool->stride - pool->padding, last = x + pool->size; x < last; x++) {
            if (y < 0 || x < 0 || y >= d->in[0].h || x >= d->in[0].w)
                continue;
            gb_real value = plane[((size_t)y * d->in[0].w + x) * block];
            most = larger(value, most);
            sum += value;
        }
    return mean ? (gb_real)(sum / ((double)pool->size * pool->size)) : most;
}

static void pool_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    const gb_real *from = gb_plane(x, i / s->c, i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    (void)worker;
    for (int v = 0; v < s->h; v++)
        for (int u = 0; u < s->w; u++)
            to[((size_t)v * s->w + u) * s->block] = window(job->d, from, x->shape.block, v, u);
}

static void mean_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0];
    int n = i / x->shape.c, c = i % x->shape.c;
    size_t pixels = (size_t)x->shape.h * x->shape.w;
    const gb_real *from = gb_plane(x, n, c);
    double sum = 0.0;
    (void)worker;
    for (size_t p = 0; p < pixels; p++)
        sum += from[p * x->shape.block];
    gb_plane(job->args->out, n, c)[0] = (gb_real)(sum / (double)pixels);
}

static void run_pool(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, pool_plane);
}

static void run_mean(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, mean_plane);
}

const gb_op gb_op_max_pool = {
    .name = "max_pool", .summary = "maximum of each window", .inputs_min = 1, .inputs_max = 1, .shape = max_shape,
    .plain = {.op = GB_OP_MAX_POOL, .isa = "plain", .run = run_pool},
};
const gb_op gb_op_avg_pool = {
    .name = "avg_pool", .summary = "mean of each window", .inputs_min = 1, .inputs_max = 1, .shape = avg_shape,
    .plain = {.op = GB_OP_AVG_POOL, .isa = "plain", .run = run_pool},
};
const gb_op gb_op_global_mean = {
    .name = "global_mean", .summary = "mean of each feature map", .inputs_min = 1, .inputs_max = 1, .shape = mean_shape,
    .plain = {.op = GB_OP_GLOBAL_MEAN, .isa = "plain", .run = run_mean},
};
