/* Filters of single values:  y = f(x).  NaN stays NaN, except that `ablate` always gives 0, and that comparisons with
 * NaN are false, so `threshold` gives 0, as in PyTorch. */
#include <tgmath.h>

#include "ops/bends/filter_rows.h"

static void ablate(const float *p, const gb_real *x, gb_real *y, size_t count) {
    (void)p, (void)x;
    for (size_t i = 0; i < count; i++)
        y[i] = 0.0f;
}

static void invert(const float *p, const gb_real *x, gb_real *y, size_t count) {
    (void)p;
    for (size_t i = 0; i < count; i++)
        y[i] = 1.0f - x[i];
}

static void multiply(const float *p, const gb_real *x, gb_real *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * p[0];
}

static void add(const float *p, const gb_real *x, gb_real *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] + p[0];
}

static void threshold(const float *p, const gb_real *x, gb_real *y, size_t count) {
    const float t = p[0];
    if (p[1] == 0.0f)
        for (size_t i = 0; i < count; i++)
            y[i] = x[i] > t ? 1.0f : 0.0f;
    else
        for (size_t i = 0; i < count; i++)
            y[i] = x[i] >= t ? 1.0f : 0.0f;
}

/* min(max(x, low), high): if low > high, the result is high, as in torch.clamp. */
static void clamp(const float *p, const gb_real *x, gb_real *y, size_t count) {
    const float low = p[0], high = p[1];
    for (size_t i = 0; i < count; i++) {
        gb_real v = x[i] < low ? low : x[i];
        y[i] = v > high ? high : v;
    }
}

static void quantise(const float *p, const gb_real *x, gb_real *y, size_t count) {
    const float step = p[0];
    for (size_t i = 0; i < count; i++)
        y[i] = rint(x[i] / step) * step;
}

/* ------------------------------------------------------------------------------------------------ adjoints */

static void no_gradient(const float *p, const gb_real *x, const gb_real *g, gb_real *y, size_t count) {
    (void)p, (void)x, (void)g;
    for (size_t i = 0; i < count; i++)
        y[i] = 0;
}

static void negated(const float *p, const gb_real *x, const gb_real *g, gb_real *y, size_t count) {
    (void)p, (void)x;
    for (size_t i = 0; i < count; i++)
        y[i] = -g[i];
}

static void multiplied(const float *p, const gb_real *x, const gb_real *g, gb_real *y, size_t count) {
    (void)x;
    for (size_t i = 0; i < count; i++)
        y[i] = g[i] * p[0];
}

static void unchanged(const float *p, const gb_real *x, const gb_real *g, gb_real *y, size_t count) {
    (void)p, (void)x;
    for (size_t i = 0; i < count; i++)
        y[i] = g[i];
}

static void within(const float *p, const gb_real *x, const gb_real *g, gb_real *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] >= p[0] && x[i] <= p[1] ? g[i] : 0;
}

/* ------------------------------------------------------------------------------------------------ rows */

static const char *const comparisons[] = {"above", "at-least", NULL};

const gb_filter gb_filter_ablate = {
    .name = "ablate", .summary = "sets every value to 0", .params = 1, .param = {GB_MIX}, .each = ablate, .each_grad = no_gradient,
};
const gb_filter gb_filter_invert = {
    .name = "invert", .summary = "1 − x", .params = 1, .param = {GB_MIX}, .each = invert, .each_grad = negated,
};
const gb_filter gb_filter_multiply = {
    .name = "multiply", .alias = "scalar-multiply", .summary = "x · factor", .params = 2, .positional = 1,
    .param = {{"factor", "factor for every value", 2.0f, -INFINITY, INFINITY, false, NULL}, GB_MIX},
    .each = multiply, .each_grad = multiplied,
};
const gb_filter gb_filter_add = {
    .name = "add", .summary = "x + amount", .params = 2, .positional = 1,
    .param = {{"amount", "amount added to every value", 0.5f, -INFINITY, INFINITY, false, NULL}, GB_MIX},
    .each = add, .each_grad = unchanged,
};
const gb_filter gb_filter_threshold = {
    .name = "threshold", .alias = "binary-thresh", .summary = "1 if x is above a threshold, else 0",
    .params = 3, .positional = 1,
    .param = {{"threshold", "value to compare with", 0.5f, -INFINITY, INFINITY, false, NULL},
              {"compare", "above: x > threshold as in the published code; at-least: x >= threshold as in its paper",
               0.0f, 0.0f, 1.0f, true, comparisons},
              GB_MIX},
    .each = threshold,
};
const gb_filter gb_filter_clamp = {
    .name = "clamp", .summary = "limits values to a range", .params = 3, .positional = 2,
    .param = {{"low", "lower limit", -1.0f, -INFINITY, INFINITY, false, NULL},
              {"high", "upper limit; the result if it is below the lower one", 1.0f, -INFINITY, INFINITY, false,
               NULL},
              GB_MIX},
    .each = clamp, .each_grad = within,
};
const gb_filter gb_filter_quantise = {
    .name = "quantise", .summary = "rounds values to multiples of a step (halves to even)", .params = 2,
    .positional = 1,
    .param = {{"step", "distance between neighbouring levels", 0.5f, 1e-6f, 1e6f, false, NULL}, GB_MIX},
    .each = quantise,
};
