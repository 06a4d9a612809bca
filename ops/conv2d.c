/* Convolution without styles:
 *   y[n,o,y,x] = Σ_{i,ky,kx} W[o,i,ky,kx] · x[n, g·I + i, y·stride + ky − padding, x·stride + kx − padding]
 * with I = cin / groups inputs in group g of the output o, and zeros outside the map. It is correlation: the kernel is
 * not flipped. groups = cin is the depthwise convolution. */
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

enum { MOST_KERNEL = 7 };

static int out_size(const gb_conv2d *conv, int size) {
    return (size + 2 * conv->padding - conv->kernel) / conv->stride + 1;
}

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_conv2d *conv = &d->conv2d;
    const gb_shape *in = &d->in[0];
    if (conv->kernel < 1 || conv->kernel > MOST_KERNEL || conv->stride < 1 || conv->stride > 2) {
        snprintf(why, size, "conv2d: %d×%d kernel with stride %d; expected a kernel of 1 to %d and stride 1 or 2",
                 conv->kernel, conv->kernel, conv->stride, MOST_KERNEL);
        return false;
    }
    if (conv->padding < 0 || conv->padding > 1 << 10) {
        snprintf(why, size, "conv2d: padding %d; expected 0 to 1024", conv->padding);
        return false;
    }
    if (conv->groups < 1 || conv->cout < 1 || in->c % conv->groups || conv->cout % conv->groups) {
        snprintf(why, size, "conv2d: %d groups of %d input and %d output channels; expected a common divisor",
                 conv->groups, in->c, conv->cout);
        return false;
    }
    if (in->h + 2 * conv->padding < conv->kernel || in->w + 2 * conv->padding < conv->kernel) {
        snprintf(why, size, "conv2d: the input is %dx%d with padding %d, smaller than the %d×%d kernel", in->h, in->w,
                 conv->padding, conv->kernel, conv->kernel);
        return false;
    }
    d->out = (gb_shape){in->n, conv->cout, out_size(conv, in->h), out_size(conv, in->w), 1};
    return true;
}

static size_t weight_floats(const gb_desc *d) {
    return (size_t)d->conv2d.cout * (d->in[0].c / d->conv2d.groups) * d->conv2d.kernel * d->conv2d.kernel;
}

static uint64_t macs(const gb_desc *d) {
    return (uint64_t)d->out.n * d->out.h * d->out.w * weight_floats(d);
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * weight_floats(d);
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], packed_size(cpu, d));
}

/* Sums of a row of outputs, for each worker. */
static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(double) * d->out.w * cpu->workers;
}

/* row[x] += w · x[y, x·stride + kx − padding] */
static void add_tap(const gb_desc *d, const gb_real *x, int block, gb_real w, int kx, double *row) {
    const gb_conv2d *conv = &d->conv2d;
    for (int ox = 0; ox < d->out.w; ox++) {
        int ix = ox * conv->stride + kx - conv->padding;
        if (ix >= 0 && ix < d->in[0].w)
            row[ox] += (double)w * x[(size_t)ix * block];
    }
}

static void one_plane(void *arg, int plane, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_conv2d *conv = &d->conv2d;
    const gb_tensor *x = job->args->in[0];
    int n = plane / d->out.c, o = plane % d->out.c, inputs = d->in[0].c / conv->groups, k = conv->kernel;
    int first = o / (conv->cout / conv->groups) * inputs, block = x->shape.block;
    const gb_real *w = (const gb_real *)job->args->packed + (size_t)o * inputs * k * k;
    double *row = (double *)job->args->workspace + (size_t)d->out.w * worker;
    for (int oy = 0; oy < d->out.h; oy++) {
        for (int ox = 0; ox < d->out.w; ox++)
            row[ox] = 0.0;
        for (int i = 0; i < inputs; i++)
            for (int ky = 0; ky < k; ky++) {
                int iy = oy * conv->stride + ky - conv->padding;
                if (iy < 0 || iy >= d->in[0].h)
                    continue;
                const gb_real *from = gb_plane(x, n, first + i) + (size_t)iy * d->in[0].w * block;
                for (int kx = 0; kx < k; kx++)
                    add_tap(d, from, block, w[(i * k + ky) * k + kx], kx, row);
            }
        for (int ox = 0; ox < d->out.w; ox++)
            gb_store(job->args->out, job->args->epilogue, (gb_real)row[ox], n, o, (size_t)oy * d->out.w + ox);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_conv2d = {
    .name = "conv2d", .summary = "convolution of any kernel up to 7×7, stride 1 or 2, padding and groups",
    .inputs_min = 1, .inputs_max = 1, .shape = shape, .macs = macs,
    .plain = {.op = GB_OP_CONV2D, .isa = "plain", .fuses = true, .packed_size = packed_size, .pack = pack,
              .as_stored = true, .workspace = workspace, .run = run},
};
