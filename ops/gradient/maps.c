/* Adjoints of the operations that move values between maps:
 *   slice_grad    g → maps of `c` channels, zeros outside the slice
 *   reshape_grad  maps as the vector that they came from
 *   pass_grad     the sum of up×up pixels, for the channels that were kept; of upsample_nearest too
 *   fir_grad      upfirdn2d: gx[i] = gain · Σ_k f[k] g[i·up − taps + 1 + k + pad_before] in both directions */
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

/* ------------------------------------------------------------------------------------------------ slice_grad */

static bool slice_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    if (d->slice_grad.from < 0 || d->slice_grad.from > d->slice_grad.c - g->c) {
        snprintf(why, size, "slice_grad: %d channels from %d on, but the result has %d", g->c, d->slice_grad.from,
                 d->slice_grad.c);
        return false;
    }
    d->out = *g;
    d->out.c = d->slice_grad.c;
    return true;
}

static void slice_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *g = job->args->in[0];
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c, from = c - job->d->slice_grad.from;
    const gb_real *x = from >= 0 && from < g->shape.c ? gb_plane(g, n, from) : NULL;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, x ? x[p * g->shape.block] : 0, n, c, p);
}

static void run_slice(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, slice_plane);
}

const gb_op gb_op_slice_grad = {
    .name = "slice_grad", .summary = "adjoint of slice", .inputs_min = 1, .inputs_max = 1, .shape = slice_shape,
    .plain = {.op = GB_OP_SLICE_GRAD, .isa = "plain", .fuses = true, .run = run_slice},
};

/* ------------------------------------------------------------------------------------------------ reshape_grad */

static bool reshape_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    int64_t values = (int64_t)g->c * g->h * g->w;
    if (values > 1 << 20) {
        snprintf(why, size, "reshape_grad: %dx%dx%d are too many values for a vector", g->c, g->h, g->w);
        return false;
    }
    d->out = (gb_shape){g->n, (int)values, 1, 1, 1};
    return true;
}

static void reshape_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *g = job->args->in[0];
    const gb_shape *s = &g->shape;
    int n = i / s->c, c = i % s->c, pixels = s->h * s->w;
    const gb_real *from = gb_plane(g, n, c);
    (void)worker;
    for (int p = 0; p < pixels; p++)
        gb_plane(job->args->out, n, job->d->reshape.channels_last ? p * s->c + c : c * pixels + p)[0] =
            from[(size_t)p * s->block];
}

static void run_reshape(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * d->in[0].c, reshape_plane, &job);
}

const gb_op gb_op_reshape_grad = {
    .name = "reshape_grad", .summary = "adjoint of reshape", .inputs_min = 1, .inputs_max = 1, .shape = reshape_shape,
    .plain = {.op = GB_OP_RESHAPE_GRAD, .isa = "plain", .run = run_reshape},
};

/* ------------------------------------------------------------------------------------------------ pass_grad */

static bool pass_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0];
    int up = d->pass.up;
    if (up < 1 || g->h % up || g->w % up || d->pass.kept < 0 || d->pass.kept > g->c || d->pass.kept > d->pass.c) {
        snprintf(why, size, "pass_grad: %d of %d channels kept, %dx%d pixels enlarged by %d", d->pass.kept, g->c, g->h,
                 g->w, up);
        return false;
    }
    d->out = (gb_shape){g->n, d->pass.c, g->h / up, g->w / up, 1};
    return true;
}

static void pass_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_tensor *g = job->args->in[0];
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c, up = job->d->pass.up;
    const gb_real *from = c < job->d->pass.kept ? gb_plane(g, n, c) : NULL;
    (void)worker;
    for (int y = 0; y < s->h; y++)
        for (int x = 0; x < s->w; x++) {
            gb_real sum = 0;
            for (int k = 0; from && k < up * up; k++)
                sum += from[((size_t)(y * up + k / up) * g->shape.w + x * up + k % up) * g->shape.block];
            gb_store(job->args->out, job->args->epilogue, sum, n, c, (size_t)y * s->w + x);
        }
}

static void run_pass(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, pass_plane);
}

const gb_op gb_op_pass_grad = {
    .name = "pass_grad", .summary = "adjoint of pass and of upsample_nearest", .inputs_min = 1, .inputs_max = 1,
    .shape = pass_shape,
    .plain = {.op = GB_OP_PASS_GRAD, .isa = "plain", .fuses = true, .run = run_pass},
};

/* ------------------------------------------------------------------------------------------------ fir_grad */

static bool fir_shape(gb_desc *d, char *why, size_t size) {
    const gb_fir *fir = &d->fir;
    const gb_shape *g = &d->in[0];
    int grow = fir->pad_before + fir->pad_after - fir->taps + 1;
    if (fir->up < 1 || fir->taps < 1 || fir->taps > GB_MAX_FIR || g->h <= grow || g->w <= grow ||
        (g->h - grow) % fir->up || (g->w - grow) % fir->up) {
        snprintf(why, size, "fir_grad: %dx%d pixels are no result of upsampling by %d", g->h, g->w, fir->up);
        return false;
    }
    d->out = (gb_shape){g->n, g->c, (g->h - grow) / fir->up, (g->w - grow) / fir->up, 1};
    return true;
}

static size_t fir_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->fir.taps * d->fir.taps;
}

static void fir_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], fir_packed_size(cpu, d));
}

static void fir_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_fir *fir = &job->d->fir;
    const gb_shape *s = &job->d->out, *in = &job->d->in[0];
    const gb_real *f = job->args->packed, *g = gb_plane(job->args->in[0], i / s->c, i % s->c);
    int taps = fir->taps, shift = fir->pad_before - taps + 1;
    (void)worker;
    for (int y = 0; y < s->h; y++)
        for (int x = 0; x < s->w; x++) {
            double sum = 0.0;
            for (int ky = 0; ky < taps; ky++) {
                int gy = y * fir->up + shift + ky;
                for (int kx = 0; gy >= 0 && gy < in->h && kx < taps; kx++) {
                    int gx = x * fir->up + shift + kx;
                    if (gx >= 0 && gx < in->w)
                        sum += (double)f[ky * taps + kx] * g[((size_t)gy * in->w + gx) * in->block];
                }
            }
            gb_store(job->args->out, job->args->epilogue, (gb_real)(sum * fir->gain), i / s->c, i % s->c,
                     (size_t)y * s->w + x);
        }
}

static void run_fir(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, fir_plane);
}

const gb_op gb_op_fir_grad = {
    .name = "fir_grad", .summary = "adjoint of upfirdn2d", .inputs_min = 1, .inputs_max = 1, .shape = fir_shape,
    .plain = {.op = GB_OP_FIR_GRAD, .isa = "plain", .fuses = true, .packed_size = fir_packed_size, .pack = fir_pack,
              .run = run_fir},
};
