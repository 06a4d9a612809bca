/* The adjoint of bias_act,  v = clamp(act(x + bias) · gain):
 *   bias_act_grad   gx = g · scale · act'(x + bias) · gain,  0 where v is clamped; scale [N,C] is an optional factor
 *   act_param_grad  ∂v/∂p · g, summed over channels and pixels, for every parameter p of the activation
 * in[1] is x, or v itself if the derivative follows from it. Bias, activation, gain and clamp are the live epilogue of
 * the layer. */
#include <math.h>
#include <stdio.h>

#include "ops/epilogue.h"
#include "ops/gradient/gradient.h"
#include "ops/simd/vec_scalar.h"

#include "ops/curves.h"
#include "ops/derivatives.h"

/* The activation of a channel and its parameters. */
typedef struct chosen_act { gb_act_kind act; const float *params; int count; } chosen_act;

static chosen_act act_of(const gb_epilogue *e, int c) {
    if (e->act_channels && !e->act_channels[c])
        return (chosen_act){e->base_act, NULL, 0};
    return (chosen_act){e->act, e->act_params, e->act_param_count};
}

static gb_real slope_at(const gb_epilogue *e, bool from_output, gb_real v, int c) {
    chosen_act a = act_of(e, c);
    gb_real y;
    if (from_output) {
        if (e->clamp >= 0.0f && (v >= e->clamp || v <= -e->clamp))
            return 0.0f;
        return derivative_of_output(a.act, a.params, a.count, e->gain != 1.0f ? v / e->gain : v) * e->gain;
    }
    if (e->bias)
        v += e->bias[c];
    if (e->clamp >= 0.0f) {
        y = activate(a.act, a.params, a.count, v) * e->gain;
        if (y > e->clamp || y < -e->clamp)
            return 0.0f;
    }
    return derivative(a.act, a.params, a.count, v) * e->gain;
}

gb_real gb_act_slope(const gb_epilogue *e, bool from_output, gb_real v, int c) {
    return slope_at(e, from_output, v, c);
}

gb_real gb_before_act(const gb_epilogue *e, gb_real v, int n, int c, size_t p) {
    chosen_act a = act_of(e, c);
    if (e->bias_act) {
        if (e->gain != 1.0f)
            v /= e->gain;
        v = inverse(a.act, a.params, a.count, v);
        if (e->bias)
            v -= e->bias[c];
    }
    if (e->noise)
        v -= e->noise[n * e->noise_step + p] * e->noise_strength;
    return v;
}

bool gb_act_from_output(gb_act_kind act, const float *params, int count, float gain) {
    switch (act) {
    case GB_ACT_LINEAR:
        return true;
    case GB_ACT_RELU:
        return gain > 0;
    case GB_ACT_TANH:
    case GB_ACT_SIGMOID:
        return gain != 0;
    case GB_ACT_LRELU:
        return gain > 0 && (count > 0 ? params[0] : gb_acts[act].param[0].default_value) > 0;
    default:
        return false;
    }
}

bool gb_act_invertible(gb_act_kind act, const float *params, int count, float gain) {
    bool piecewise_linear = act == GB_ACT_LINEAR || act == GB_ACT_RELU || act == GB_ACT_LRELU;
    return piecewise_linear && gain != 0 && gb_act_from_output(act, params, count, gain);
}

bool gb_act_is_flat(gb_act_kind act) {
    return act == GB_ACT_STEP;
}

/* ------------------------------------------------------------------------------------------------ bias_act_grad */

static bool grad_shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *g = &d->in[0], *v = &d->in[1];
    if (!gb_shape_same(g, v) || (d->inputs > 2 && (d->in[2].n != g->n || d->in[2].c != g->c))) {
        snprintf(why, size, "bias_act_grad: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; expected the same shape", g->n,
                 g->c, g->h, g->w, v->n, v->c, v->h, v->w);
        return false;
    }
    d->out = *g;
    return true;
}

static void grad_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_epilogue *e = job->args->live;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    bool from_output = job->d->act_grad.from_output;
    const gb_real *g = gb_plane(job->args->in[0], n, c), *v = gb_plane(job->args->in[1], n, c);
    gb_real scale = job->d->inputs > 2 ? gb_plane(job->args->in[2], n, c)[0] : 1;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        size_t at = p * s->block;
        gb_real slope = e->bias_act ? slope_at(e, from_output, v[at], c) : 1;
        gb_store(job->args->out, job->args->epilogue, g[at] * scale * slope, n, c, p);
    }
}

static void run_grad(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, grad_plane);
}

const gb_op gb_op_bias_act_grad = {
    .name = "bias_act_grad", .summary = "adjoint of bias_act",
    .inputs_min = 2, .inputs_max = 3, .shape = grad_shape,
    .plain = {.op = GB_OP_BIAS_ACT_GRAD, .isa = "plain", .fuses = true, .run = run_grad},
};

/* ------------------------------------------------------------------------------------------------ act_param_grad */

/* ∂act(x)/∂p[i], for i < count */
static void param_slopes(gb_act_kind act, const float *params, int given, gb_real x, int count, gb_real *slope) {
#define P(i) param(act, params, given, i)
    gb_real s = times_sigmoid(1, x);
    switch (act) {
    case GB_ACT_LRELU:
        slope[0] = x < 0 ? x : 0;
        break;
    case GB_ACT_ELU:
        slope[0] = x < 0 ? vexpm1(x) : 0;
        break;
    case GB_ACT_SOFTPLUS:
        slope[0] = (times_sigmoid(x, P(0) * x) - vsoftplus(P(0) * x) / P(0)) / P(0);
        break;
    case GB_ACT_SINLU:
        slope[0] = vsin(P(1) * x) * s;
        slope[1] = P(0) * x * vcos(P(1) * x) * s;
        break;
    case GB_ACT_COSLU:
        slope[0] = vcos(P(1) * x) * s;
        slope[1] = -P(0) * x * vsin(P(1) * x) * s;
        break;
    case GB_ACT_RELUN:
        slope[0] = (x > 0 ? x : 0) > P(0) ? 1 : 0;
        break;
    case GB_ACT_SHILU:
        slope[0] = x > 0 ? x : 0;
        slope[1] = 1;
        break;
    case GB_ACT_POLY: {
        int n = count - 1;
        gb_real power = (n % 2 ? 0.707106781f : 1.0f) / (float)(1 << n / 2);
        for (int i = 0; i < count; i++, power *= s)
            slope[i] = power;
        break;
    }
    case GB_ACT_SINE:
        slope[0] = P(1) * x * vcos(P(0) * x);
        slope[1] = vsin(P(0) * x);
        break;
    default:
        for (int i = 0; i < count; i++)
            slope[i] = 0;
    }
#undef P
}

static bool params_shape(gb_desc *d, char *why, size_t size) {
    if (d->act_param_grad.params < 1 || d->act_param_grad.params > GB_MAX_ACT_PARAMS ||
        !gb_shape_same(&d->in[0], &d->in[1])) {
        snprintf(why, size, "act_param_grad: %d parameters; expected 1 to %d, and two inputs of one shape",
                 d->act_param_grad.params, GB_MAX_ACT_PARAMS);
        return false;
    }
    d->out = (gb_shape){d->in[0].n, d->act_param_grad.params, 1, 1, 1};
    return true;
}

/* Per sample and channel, one sum for each parameter. */
static size_t params_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(double) * d->in[0].n * d->in[0].c * d->act_param_grad.params;
}

static void params_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_epilogue *e = job->args->live;
    const gb_shape *s = &job->d->in[0];
    int n = i / s->c, c = i % s->c, params = job->d->act_param_grad.params, count = gb_act_param_count(e->act, e->act_param_count);
    double *sum = (double *)job->args->workspace + (size_t)i * params;
    const gb_real *g = gb_plane(job->args->in[0], n, c), *x = gb_plane(job->args->in[1], n, c);
    gb_real slope[GB_MAX_ACT_PARAMS];
    (void)worker;
    for (int k = 0; k < params; k++)
        sum[k] = 0.0;
    if (e->act_channels && !e->act_channels[c])
        return;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++) {
        gb_real v = x[p * s->block] + (e->bias ? e->bias[c] : 0);
        gb_real y = activate(e->act, e->act_params, e->act_param_count, v) * e->gain;
        if (e->clamp >= 0.0f && (y > e->clamp || y < -e->clamp))
            continue;
        param_slopes(e->act, e->act_params, e->act_param_count, v, count, slope);
        for (int k = 0; k < params && k < count; k++)
            sum[k] += (double)g[p * s->block] * slope[k];
    }
}

static void run_params(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_epilogue *e = args->live;
    const gb_shape *s = &d->in[0];
    const double *sums = args->workspace;
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, s->n * s->c, params_plane, &job);
    for (int n = 0; n < s->n; n++)
        for (int k = 0; k < d->out.c; k++) {
            double sum = 0.0;
            for (int c = 0; c < s->c; c++)
                sum += sums[((size_t)n * s->c + c) * d->out.c + k];
            gb_plane(args->out, n, k)[0] = (gb_real)(sum * e->gain);
        }
}

const gb_op gb_op_act_param_grad = {
    .name = "act_param_grad", .summary = "gradient of an activation's parameters",
    .inputs_min = 2, .inputs_max = 2, .shape = params_shape,
    .plain = {.op = GB_OP_ACT_PARAM_GRAD, .isa = "plain", .workspace = params_workspace, .run = run_params},
};
