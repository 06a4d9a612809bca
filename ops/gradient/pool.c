/* Adjoints of pooling (ops/pool.c):
 *   max_pool_grad  x, g → the gradient of every window goes to the pixel that its maximum came from, of equal ones the
 *                  first
 *   avg_pool_grad  x, g → to all of its pixels inside the map, divided by size²
 *   mean_grad      x, g [N,C] → g / (H·W) at every pixel
 * Of the last two, x gives only the shape. */
#include <math.h>
#include <stdio.h>

#include "ops/epilogue.h"

static bool shape(gb_desc *d, gb_op_id forward, char *why, size_t size) {
    const gb_shape *g = &d->in[1];
    gb_desc pool = *d;
    pool.op = forward;
    if (!gb_ops[forward]->shape(&pool, why, size))
        return false;
    if (g->n != pool.out.n || g->c != pool.out.c || g->h != pool.out.h || g->w != pool.out.w) {
        snprintf(why, size, "%s: the gradient is [%d,%d,%d,%d]; expected [%d,%d,%d,%d]", gb_ops[d->op]->name, g->n, g->c,
                 g->h, g->w, pool.out.n, pool.out.c, pool.out.h, pool.out.w);
        return false;
    }
    d->out = d->in[0];
    return true;
}

static bool max_shape(gb_desc *d, char *why, size_t size) {
    return shape(d, GB_OP_MAX_POOL, why, size);
}

static bool avg_shape(gb_desc *d, char *why, size_t size) {
    return shape(d, GB_OP_AVG_POOL, why, size);
}

static bool mean_shape(gb_desc *d, char *why, size_t size) {
    return shape(d, GB_OP_GLOBAL_MEAN, why, size);
}

/* The pixel of the window at (v, u) whose value is the maximum; NaN wins. */
static size_t place_of_max(const gb_desc *d, const gb_real *plane, size_t block, int v, int u) {
    const gb_pool *pool = &d->pool;
    int top = v * pool->stride - pool->padding, left = u * pool->stride - pool->padding;
    size_t best = 0;
    bool found = false;
    for (int y = top < 0 ? 0 : top; y < top + pool->size && y < d->in[0].h; y++)
        for (int x = left < 0 ? 0 : left; x < left + pool->size && x < d->in[0].w; x++) {
            size_t at = (size_t)y * d->in[0].w + x;
            gb_real a = plane[at * block], b = plane[best * block];
            if (!found || a > b || (isnan(a) && !isnan(b)))
                best = at;
            found = true;
        }
    return best;
}

static void share_window(const gb_desc *d, gb_real *plane, size_t block, int v, int u, gb_real g) {
    const gb_pool *pool = &d->pool;
    int top = v * pool->stride - pool->padding, left = u * pool->stride - pool->padding;
    for (int y = top < 0 ? 0 : top; y < top + pool->size && y < d->in[0].h; y++)
        for (int x = left < 0 ? 0 : left; x < left + pool->size && x < d->in[0].w; x++)
            plane[((size_t)y * d->in[0].w + x) * block] += g;
}

static void pool_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_shape *s = &d->out, *windows = &d->in[1];
    int n = i / s->c, c = i % s->c;
    const gb_real *x = gb_plane(job->args->in[0], n, c), *g = gb_plane(job->args->in[1], n, c);
    gb_real *y = gb_plane(job->args->out, n, c);
    double area = (double)d->pool.size * d->pool.size;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        y[p * s->block] = 0;
    for (int v = 0; v < windows->h; v++)
        for (int u = 0; u < windows->w; u++) {
            gb_real value = g[((size_t)v * windows->w + u) * windows->block];
            if (d->op == GB_OP_MAX_POOL_GRAD)
                y[place_of_max(d, x, s->block, v, u) * s->block] += value;
            else
                share_window(d, y, s->block, v, u, (gb_real)(value / area));
        }
}

static void run_pool(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, pool_plane);
}

static void mean_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    size_t pixels = (size_t)s->h * s->w;
    int n = i / s->c, c = i % s->c;
    gb_real share = (gb_real)(gb_plane(job->args->in[1], n, c)[0] / (double)pixels);
    (void)worker;
    for (size_t p = 0; p < pixels; p++)
        gb_store(job->args->out, job->args->epilogue, share, n, c, p);
}

static void run_mean(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, mean_plane);
}

const gb_op gb_op_max_pool_grad = {
    .name = "max_pool_grad", .summary = "adjoint of max_pool", .inputs_min = 2, .inputs_max = 2, .shape = max_shape,
    .plain = {.op = GB_OP_MAX_POOL_GRAD, .isa = "plain", .run = run_pool},
};
const gb_op gb_op_avg_pool_grad = {
    .name = "avg_pool_grad", .summary = "adjoint of avg_pool", .inputs_min = 2, .inputs_max = 2, .shape = avg_shape,
    .plain = {.op = GB_OP_AVG_POOL_GRAD, .isa = "plain", .run = run_pool},
};
const gb_op gb_op_mean_grad = {
    .name = "mean_grad", .summary = "adjoint of global_mean", .inputs_min = 2, .inputs_max = 2, .shape = mean_shape,
    .plain = {.op = GB_OP_MEAN_GRAD, .isa = "plain", .fuses = true, .run = run_mean},
};
