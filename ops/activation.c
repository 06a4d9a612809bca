/* The table of activations, with PyTorch's constants, and their values for a single float. The arithmetic is in
 * ops/curves.h, compiled here for vectors of one float. */
#include "ops/ops.h"

#include <math.h>
#include <string.h>

#include "ops/simd/vec_scalar.h"

#include "ops/curves.h"

#define ANY -INFINITY, INFINITY, false, NULL
#define PARAMS(count, ...) .params = count, .max_params = count, .param = (const gb_param[]){__VA_ARGS__}
#define WEIGHT(i, default_value) {"w" #i, "weight of the power " #i " of sigmoid(x)", default_value, ANY}

const gb_act_row gb_acts[GB_ACTS] = {
    [GB_ACT_LINEAR] = {.name = "linear", .alias = "identity", .summary = "x", .gain = 1.0f},
    [GB_ACT_RELU] = {.name = "relu", .summary = "max(0, x)", .gain = 1.41421356f},
    [GB_ACT_LRELU] = {
        .name = "lrelu", .alias = "leaky_relu", .summary = "x for x ≥ 0, slope · x for x < 0", .gain = 1.41421356f,
        PARAMS(1, {"slope", "slope for x < 0: 0.2 in StyleGAN2, 0.01 is PyTorch's default", 0.2f, ANY}),
    },
    [GB_ACT_TANH] = {.name = "tanh", .summary = "tanh(x)", .gain = 1.0f},
    [GB_ACT_SIGMOID] = {.name = "sigmoid", .summary = "σ(x) = 1 / (1 + exp(−x))", .gain = 1.0f},
    [GB_ACT_ELU] = {
        .name = "elu", .summary = "x for x ≥ 0, alpha · (exp(x) − 1) for x < 0", .gain = 1.0f,
        PARAMS(1, {"alpha", "the limit for x → −∞ is −alpha", 1.0f, ANY}),
    },
    [GB_ACT_SELU] = {
        .name = "selu", .summary = "1.0507 · x for x ≥ 0, 1.7581 · (exp(x) − 1) for x < 0", .gain = 1.0f,
    },
    [GB_ACT_SOFTPLUS] = {
        .name = "softplus", .summary = "log(1 + exp(beta · x)) / beta", .gain = 1.0f,
        PARAMS(1, {"beta", "sharpness of the transition", 1.0f, 1e-3f, 1e3f, false, NULL}),
    },
    [GB_ACT_SWISH] = {.name = "swish", .alias = "silu", .summary = "x · σ(x)", .gain = 1.41421356f},
    [GB_ACT_SINLU] = {
        .name = "sinlu", .summary = "(x + a · sin(b · x)) · σ(x)", .gain = 1.0f,
        PARAMS(2, {"a", "amplitude of the wave", 1.0f, ANY},
               {"b", "frequency of the wave, radians per unit of x", 1.0f, ANY}),
    },
    [GB_ACT_COSLU] = {
        .name = "coslu", .summary = "(x + a · cos(b · x)) · σ(x)", .gain = 1.0f,
        PARAMS(2, {"a", "amplitude of the wave", 1.0f, ANY},
               {"b", "frequency of the wave, radians per unit of x", 1.0f, ANY}),
    },
    [GB_ACT_RELUN] = {
        .name = "relun", .summary = "min(max(0, x), n)", .gain = 1.0f,
        PARAMS(1, {"n", "upper limit", 1.0f, ANY}),
    },
    [GB_ACT_SHILU] = {
        .name = "shilu", .summary = "a · max(0, x) + b", .gain = 1.0f,
        PARAMS(2, {"a", "slope for x > 0", 1.0f, ANY}, {"b", "value for x < 0", 0.0f, ANY}),
    },
    [GB_ACT_POLY] = {
        .name = "poly", .alias = "polynomial", .summary = "(w0 + w1 · σ(x) + … + wn · σ(x)ⁿ) / √2ⁿ", .gain = 1.0f,
        .params = 3, .max_params = GB_MAX_ACT_PARAMS, .param = (const gb_param[GB_MAX_ACT_PARAMS]){
            WEIGHT(0, 1.0f), WEIGHT(1, 1.0f), WEIGHT(2, 1.0f), WEIGHT(3, 0.0f), WEIGHT(4, 0.0f), WEIGHT(5, 0.0f),
            WEIGHT(6, 0.0f), WEIGHT(7, 0.0f), WEIGHT(8, 0.0f), WEIGHT(9, 0.0f), WEIGHT(10, 0.0f), WEIGHT(11, 0.0f),
            WEIGHT(12, 0.0f), WEIGHT(13, 0.0f), WEIGHT(14, 0.0f), WEIGHT(15, 0.0f), WEIGHT(16, 0.0f),
        },
    },
    [GB_ACT_GELU] = {.name = "gelu", .summary = "x · (1 + erf(x / √2)) / 2", .gain = 1.0f},
    [GB_ACT_SINE] = {
        .name = "sine", .alias = "sin", .summary = "amplitude · sin(frequency · x)", .gain = 1.0f,
        PARAMS(2, {"frequency", "radians per unit of x", 1.0f, ANY}, {"amplitude", "amplitude of the wave", 1.0f, ANY}),
    },
    [GB_ACT_STEP] = {
        .name = "step", .summary = "1 for x > threshold, else 0", .gain = 1.0f,
        PARAMS(1, {"threshold", "position of the step", 0.0f, -1e30f, 1e30f, false, NULL}),
    },
};

int gb_act_find(const char *name) {
    for (int i = 0; i < GB_ACTS; i++)
        if (!strcmp(gb_acts[i].name, name) || (gb_acts[i].alias && !strcmp(gb_acts[i].alias, name)))
            return i;
    return -1;
}

int gb_act_param_count(gb_act_kind act, int given) {
    return gb_acts[act].max_params > gb_acts[act].params && given > 0 ? given : gb_acts[act].params;
}

gb_real gb_activate(gb_act_kind act, const float *params, int count, gb_real x) {
    return activate(act, params, count, x);
}
