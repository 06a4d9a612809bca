/* Upsampling with a FIR filter (StyleGAN's upfirdn2d):  u = x with up − 1 zeros after every sample, padded;
 *   y[oy,ox] = gain · Σ_{ky,kx} f[ky,kx] · u[oy + taps−1−ky, ox + taps−1−kx],
 * a true convolution. The loop visits only the taps that meet a sample of x, which is every up-th. */
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_fir *fir = &d->fir;
    const gb_shape *in = &d->in[0];
    if (fir->up < 1 || fir->up > 8 || fir->taps < 1 || fir->taps > GB_MAX_FIR) {
        snprintf(why, size, "upfirdn2d: up %d with %d taps; expected 1 to 8 and 1 to %d", fir->up, fir->taps,
                 GB_MAX_FIR);
        return false;
    }
    if (fir->pad_before < 0 || fir->pad_after < 0 || fir->pad_before > GB_MAX_FIR || fir->pad_after > GB_MAX_FIR) {
        snprintf(why, size, "upfirdn2d: padding %d and %d; expected 0 to %d", fir->pad_before, fir->pad_after,
                 GB_MAX_FIR);
        return false;
    }
    int grow = fir->pad_before + fir->pad_after - fir->taps + 1;
    d->out = (gb_shape){in->n, in->c, in->h * fir->up + grow, in->w * fir->up + grow, 1};
    if (d->out.h < 1 || d->out.w < 1) {
        snprintf(why, size, "upfirdn2d: a %d×%d map is too small for %d taps", in->h, in->w, fir->taps);
        return false;
    }
    return true;
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->fir.taps * d->fir.taps;
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], packed_size(cpu, d));
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_fir *fir = &job->d->fir;
    const gb_shape *in = &job->d->in[0], *out = &job->d->out;
    const gb_tensor *x = job->args->in[0];
    const gb_real *f = job->args->packed;
    int n = i / out->c, c = i % out->c, up = fir->up, taps = fir->taps;
    const gb_real *from = gb_plane(x, n, c);
    (void)worker;
    for (int oy = 0; oy < out->h; oy++)
        for (int ox = 0; ox < out->w; ox++) {
            double sum = 0.0;
            for (int ky = 0; ky < taps; ky++) {
                int uy = oy + taps - 1 - ky - fir->pad_before;
                if (uy < 0 || uy % up || uy / up >= in->h)
                    continue;
                for (int kx = 0; kx < taps; kx++) {
                    int ux = ox + taps - 1 - kx - fir->pad_before;
                    if (ux < 0 || ux % up || ux / up >= in->w)
                        continue;
                    sum += (double)f[ky * taps + kx] * from[((size_t)(uy / up) * in->w + ux / up) * x->shape.block];
                }
            }
            gb_store(job->args->out, job->args->epilogue, (gb_real)(sum * fir->gain), n, c, (size_t)oy * out->w + ox);
        }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_upfirdn2d = {
    .name = "upfirdn2d", .summary = "upsampling followed by a FIR filter",
    .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_UPFIRDN2D, .isa = "plain", .fuses = true, .packed_size = packed_size, .pack = pack,
              .run = run},
};
