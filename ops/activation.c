/* The activations NVIDIA's bias_act knows, with the definitions and constants PyTorch gives them; NaN passes through
 * each. Compiled once, without instruction-set flags, so every kernel gets the same bits from here. */
#include "ops/activation.h"

#include <math.h>

const gb_act_row gb_acts[GB_ACTS] = {
    [GB_ACT_LINEAR]   = {"linear", 1.0f},
    [GB_ACT_RELU]     = {"relu", 1.41421356f},
    [GB_ACT_LRELU]    = {"lrelu", 1.41421356f},
    [GB_ACT_TANH]     = {"tanh", 1.0f},
    [GB_ACT_SIGMOID]  = {"sigmoid", 1.0f},
    [GB_ACT_ELU]      = {"elu", 1.0f},
    [GB_ACT_SELU]     = {"selu", 1.0f},
    [GB_ACT_SOFTPLUS] = {"softplus", 1.0f},
    [GB_ACT_SWISH]    = {"swish", 1.41421356f},
};

static float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

float gb_activate(gb_act_kind act, float x) {
    const float selu_scale = 1.05070098f, selu_alpha = 1.67326324f;
    switch (act) {
    case GB_ACT_LINEAR:   return x;
    case GB_ACT_RELU:     return x < 0.0f ? 0.0f : x;
    case GB_ACT_LRELU:    return x < 0.0f ? x * 0.2f : x;
    case GB_ACT_TANH:     return tanhf(x);
    case GB_ACT_SIGMOID:  return sigmoid(x);
    case GB_ACT_ELU:      return x < 0.0f ? expm1f(x) : x;
    case GB_ACT_SELU:     return selu_scale * (x < 0.0f ? selu_alpha * expm1f(x) : x);
    case GB_ACT_SOFTPLUS: return x > 20.0f ? x : log1pf(expf(x));
    case GB_ACT_SWISH:    return x * sigmoid(x);
    case GB_ACTS:         break;
    }
    return x;
}
