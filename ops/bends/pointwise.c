/* Filters that take every value for itself: y = f(x). NaN stays NaN, but for `ablate`, which gives zeros whatever was
 * there, and `threshold`, where no comparison with NaN holds and the answer is 0, as in PyTorch. */
#include "ops/bends/filter_rows.h"

static void ablate(const float *p, const float *x, float *y, size_t count) {
    (void)p, (void)x;
    for (size_t i = 0; i < count; i++)
        y[i] = 0.0f;
}

static void invert(const float *p, const float *x, float *y, size_t count) {
    (void)p;
    for (size_t i = 0; i < count; i++)
        y[i] = 1.0f - x[i];
}

static void multiply(const float *p, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * p[0];
}

static void add(const float *p, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] + p[0];
}

static void threshold(const float *p, const float *x, float *y, size_t count) {
    const float t = p[0];
    if (p[1] == 0.0f)
        for (size_t i = 0; i < count; i++)
            y[i] = x[i] > t ? 1.0f : 0.0f;
    else
        for (size_t i = 0; i < count; i++)
            y[i] = x[i] >= t ? 1.0f : 0.0f;
}

/* min(max(x, low), high): where low > high, high wins, as in torch.clamp. */
static void clamp(const float *p, const float *x, float *y, size_t count) {
    const float low = p[0], high = p[1];
    for (size_t i = 0; i < count; i++) {
        float v = x[i] < low ? low : x[i];
        y[i] = v > high ? high : v;
    }
}

static void quantise(const float *p, const float *x, float *y, size_t count) {
    const float step = p[0];
    for (size_t i = 0; i < count; i++)
        y[i] = rintf(x[i] / step) * step;
}

static const char *const comparisons[] = {"above", "at-least", NULL};

const gb_filter gb_filter_ablate = {
    .name = "ablate", .summary = "zeros", .params = 1, .param = {GB_MIX}, .each = ablate,
};
const gb_filter gb_filter_invert = {
    .name = "invert", .summary = "1 − x", .params = 1, .param = {GB_MIX}, .each = invert,
};
const gb_filter gb_filter_multiply = {
    .name = "multiply", .alias = "scalar-multiply", .summary = "x · factor", .params = 2, .positional = 1,
    .param = {{"factor", "what every value is multiplied by", 2.0f, -INFINITY, INFINITY, false, NULL}, GB_MIX},
    .each = multiply,
};
const gb_filter gb_filter_add = {
    .name = "add", .summary = "x + amount", .params = 2, .positional = 1,
    .param = {{"amount", "what is added to every value", 0.5f, -INFINITY, INFINITY, false, NULL}, GB_MIX},
    .each = add,
};
const gb_filter gb_filter_threshold = {
    .name = "threshold", .alias = "binary-thresh", .summary = "1 where x is above a threshold, 0 elsewhere",
    .params = 3, .positional = 1,
    .param = {{"threshold", "the value to compare with", 0.5f, -INFINITY, INFINITY, false, NULL},
              {"compare", "x > threshold as in the published code, or x >= threshold as in its paper", 0.0f, 0.0f, 1.0f,
               true, comparisons},
              GB_MIX},
    .each = threshold,
};
const gb_filter gb_filter_clamp = {
    .name = "clamp", .summary = "values held between two limits", .params = 3, .positional = 2,
    .param = {{"low", "the lower limit", -1.0f, -INFINITY, INFINITY, false, NULL},
              {"high", "the upper limit, which wins where it is below the lower one", 1.0f, -INFINITY, INFINITY, false,
               NULL},
              GB_MIX},
    .each = clamp,
};
const gb_filter gb_filter_quantise = {
    .name = "quantise", .summary = "values rounded to multiples of a step (halves to even)", .params = 2,
    .positional = 1,
    .param = {{"step", "distance between neighbouring levels", 0.5f, 1e-6f, 1e6f, false, NULL}, GB_MIX},
    .each = quantise,
};
