/* Resizing to any size, with pixel centres at half coordinates, as torch.nn.functional.interpolate does:
 *   nearest   y[y,x] = x[⌊y·H/h⌋, ⌊x·W/w⌋]
 *   bilinear  y[y,x] = the value at ((y + ½)·H/h − ½, (x + ½)·W/w − ½) of the bilinear interpolation, the edge repeated
 *   area      y[y,x] = mean of x over rows ⌊y·H/h⌋ … ⌈(y+1)·H/h⌉ − 1 and likewise columns
 * Bilinear takes no mean over the pixels that it leaves out when it reduces. */
#include <stdio.h>

#include "ops/kernel.h"
#include "ops/resize.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0], out = {in->n, in->c, d->resize.h, d->resize.w, 1};
    if ((unsigned)d->resize.mode >= GB_RESIZE_MODES || !gb_shape_possible(&out)) {
        snprintf(why, size, "resize: to %dx%d with mode %d; expected a size of at least 1x1 and a mode of 0 to %d",
                 d->resize.h, d->resize.w, (int)d->resize.mode, GB_RESIZE_MODES - 1);
        return false;
    }
    d->out = out;
    return true;
}

gb_resize_span gb_resize_span_at(gb_resize_mode mode, int from, int to, int i) {
    int64_t first = (int64_t)i * from / to;
    if (mode == GB_RESIZE_NEAREST)
        return (gb_resize_span){(int)first, 1, 0.0};
    if (mode == GB_RESIZE_AREA)
        return (gb_resize_span){(int)first, (int)((((int64_t)i + 1) * from + to - 1) / to - first), 0.0};
    double at = (i + 0.5) * from / to - 0.5;
    at = at < 0.0 ? 0.0 : at;
    int low = (int)at < from - 1 ? (int)at : from - 1;
    return (gb_resize_span){low, low + 1 < from ? 2 : 1, at - low};
}

/* Σ over the span's pixels, weighted. */
static double along(const gb_real *x, size_t step, gb_resize_span span, bool area) {
    double sum = 0.0;
    if (!area)
        return span.count == 1 ? x[0] : x[0] * (1.0 - span.fraction) + x[step] * span.fraction;
    for (int i = 0; i < span.count; i++)
        sum += x[i * step];
    return sum / span.count;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_resize *r = &job->d->resize;
    const gb_shape *s = &y->shape;
    size_t block = x->shape.block, row = x->shape.w * block;
    const gb_real *plane = gb_plane(x, i / s->c, i % s->c);
    gb_real *to = gb_plane(y, i / s->c, i % s->c);
    bool area = r->mode == GB_RESIZE_AREA;
    (void)worker;
    for (int v = 0; v < s->h; v++) {
        gb_resize_span rows = gb_resize_span_at(r->mode, x->shape.h, s->h, v);
        for (int u = 0; u < s->w; u++) {
            gb_resize_span columns = gb_resize_span_at(r->mode, x->shape.w, s->w, u);
            const gb_real *from = plane + rows.first * row + columns.first * block;
            double sum = 0.0;
            for (int k = 0; k < rows.count; k++) {
                double share = area ? 1.0 / rows.count : rows.count == 1 ? 1.0 : k ? rows.fraction : 1.0 - rows.fraction;
                sum += share * along(from + k * row, block, columns, area);
            }
            to[((size_t)v * s->w + u) * s->block] = (gb_real)sum;
        }
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_resize = {
    .name = "resize", .summary = "any size, by nearest neighbour, bilinear or area", .inputs_min = 1, .inputs_max = 1,
    .shape = shape, .plain = {.op = GB_OP_RESIZE, .isa = "plain", .run = run},
};
