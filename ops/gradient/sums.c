/* Sums and scales of the backward pass:
 *   channel_dot    y[n,c] = gain · Σ_p a[n,c,p] · b[n,c,p];  without b: the sum of a
 *   pixel_sum      y[n,p] = strength · Σ_c x[n,c,p]: the gradient of a noise map
 *   channel_scale  y[n,c,p] = x[n,c,p] · s[n,c] · gain
 *   affine_grad    y[n,c,p] = g[n,c,p] · scale[c], the adjoint of channel_affine
 * With `before_act`, b is the output of a layer, and the value before its noise, bias and activation (from the live
 * epilogue) takes its place: y = d · (W ⋆ s x) of a fused convolution is never stored. */
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"
#include "ops/gradient/gradient.h"

static bool is_vector_for(const gb_shape *v, const gb_shape *map) {
    return v->n == map->n && v->c == map->c && v->h == 1 && v->w == 1;
}

/* ------------------------------------------------------------------------------------------------ channel_dot */

static bool dot_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *a = &d->in[0], *b = &d->in[1];
    if (d->inputs > 1 && !gb_shape_same(a, b)) {
        snprintf(why, size, "channel_dot: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; expected the same shape", a->n,
                 a->c, a->h, a->w, b->n, b->c, b->h, b->w);
        return false;
    }
    d->out = (gb_shape){a->n, a->c, 1, 1, 1};
    return true;
}

static void dot_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->in[0];
    int n = i / s->c, c = i % s->c;
    const gb_real *a = gb_plane(job->args->in[0], n, c);
    const gb_real *b = job->d->inputs > 1 ? gb_plane(job->args->in[1], n, c) : NULL;
    double sum = 0.0;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        size_t at = p * s->block;
        gb_real v = !b ? 1 : job->d->channel_dot.before_act ? gb_before_act(job->args->live, b[at], n, c, p) : b[at];
        if (a[at] != 0)         /* where the gradient is 0, the activation may not be invertible */
            sum += (double)a[at] * v;
    }
    gb_store(job->args->out, job->args->epilogue, (gb_real)(sum * job->d->channel_dot.gain), n, c, 0);
}

static void run_dot(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, dot_plane);
}

const gb_op gb_op_channel_dot = {
    .name = "channel_dot", .summary = "sum over pixels of a product",
    .inputs_min = 1, .inputs_max = 2, .shape = dot_shape,
    .plain = {.op = GB_OP_CHANNEL_DOT, .isa = "plain", .fuses = true, .run = run_dot},
};

/* ------------------------------------------------------------------------------------------------ pixel_sum */

static bool pixel_sum_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    (void)why, (void)size;
    d->out = (gb_shape){in->n, 1, in->h, in->w, 1};
    return true;
}

static void sum_row(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_epilogue *e = job->args->live;
    const gb_shape *s = &job->d->in[0];
    int n = i / s->h, y = i % s->h;
    gb_real strength = e->noise ? e->noise_strength : 0;
    (void)worker;
    for (int x = 0; x < s->w; x++) {
        size_t p = (size_t)y * s->w + x;
        double sum = 0.0;
        for (int c = 0; c < s->c; c++)
            sum += gb_plane(job->args->in[0], n, c)[p * s->block];
        gb_store(job->args->out, job->args->epilogue, (gb_real)(sum * strength), n, 0, p);
    }
}

static void run_pixel_sum(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * d->in[0].h, sum_row, &job);
}

const gb_op gb_op_pixel_sum = {
    .name = "pixel_sum", .summary = "gradient of a noise map", .inputs_min = 1, .inputs_max = 1,
    .shape = pixel_sum_shape,
    .plain = {.op = GB_OP_PIXEL_SUM, .isa = "plain", .fuses = true, .run = run_pixel_sum},
};

/* ------------------------------------------------------------------------------------------------ channel_scale */

static bool scale_shape(gb_desc *d, char *why, size_t size) {
    if (!is_vector_for(&d->in[1], &d->in[0])) {
        snprintf(why, size, "channel_scale: %d factors for %d channels", d->in[1].c, d->in[0].c);
        return false;
    }
    d->out = d->in[0];
    return true;
}

static void scale_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    const gb_real *x = gb_plane(job->args->in[0], n, c);
    gb_real scale = gb_plane(job->args->in[1], n, c)[0] * job->d->channel_scale.gain;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, x[p * s->block] * scale, n, c, p);
}

static void run_scale(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, scale_plane);
}

const gb_op gb_op_channel_scale = {
    .name = "channel_scale", .summary = "every channel times a factor",
    .inputs_min = 2, .inputs_max = 2, .shape = scale_shape,
    .plain = {.op = GB_OP_CHANNEL_SCALE, .isa = "plain", .fuses = true, .run = run_scale},
};

/* ------------------------------------------------------------------------------------------------ affine_grad */

static size_t affine_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->in[0].c;
}

static void affine_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], affine_packed_size(cpu, d));
}

static void affine_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    const gb_real *g = gb_plane(job->args->in[0], n, c);
    gb_real scale = ((const gb_real *)job->args->packed)[c];
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, g[p * s->block] * scale, n, c, p);
}

static void run_affine(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, affine_plane);
}

const gb_op gb_op_affine_grad = {
    .name = "affine_grad", .summary = "adjoint of channel_affine", .inputs_min = 1, .inputs_max = 1,
    .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_AFFINE_GRAD, .isa = "plain", .fuses = true, .packed_size = affine_packed_size,
              .pack = affine_pack, .run = run_affine},
};
