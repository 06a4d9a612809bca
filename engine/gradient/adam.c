/* Adam (Kingma and Ba 2015), with the roundings of torch.optim.Adam:
 *   m = β₁ m + (1 − β₁) g,   v = β₂ v + (1 − β₂) g²,   p −= lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + eps) */
#include <math.h>
#include <stdlib.h>

#include "adam.h"
#include "engine/base/error.h"
#include "engine/base/options.h"

struct gb_adam {
    size_t count;
    double beta1, beta2, epsilon;
    uint64_t steps;
    float *moments;             /* m, then v */
};

gb_status gb_adam_new(size_t count, const gb_adam_options *given, gb_adam **out, gb_error *err) {
    gb_adam_options options;
    *out = NULL;
    gb_status status = GB_TAKE_OPTIONS(gb_adam_options, epsilon, &options, given, err);
    if (status)
        return status;
    gb_adam *adam = malloc(sizeof *adam);
    float *moments = count < SIZE_MAX / (2 * sizeof *moments) ? calloc(2 * count + 1, sizeof *moments) : NULL;
    if (!adam || !moments) {
        free(adam);
        free(moments);
        return gb_fail(err, GB_NO_MEMORY, "out of memory for the moments of %zu values", count);
    }
    *adam = (gb_adam){.count = count, .moments = moments, .beta1 = options.beta1 > 0 ? options.beta1 : 0.9,
                      .beta2 = options.beta2 > 0 ? options.beta2 : 0.999,
                      .epsilon = options.epsilon > 0 ? options.epsilon : 1e-8};
    *out = adam;
    return GB_OK;
}

void gb_adam_free(gb_adam *adam) {
    if (!adam)
        return;
    free(adam->moments);
    free(adam);
}

void gb_adam_step(gb_adam *adam, double rate, const float *gradient, float *values) {
    float *m = adam->moments, *v = m + adam->count;
    double t = (double)++adam->steps;
    const float beta1 = (float)adam->beta1, beta2 = (float)adam->beta2, epsilon = (float)adam->epsilon;
    const float rest1 = (float)(1.0 - adam->beta1), rest2 = (float)(1.0 - adam->beta2);
    const float step = (float)(rate / (1.0 - pow(adam->beta1, t))), root = (float)sqrt(1.0 - pow(adam->beta2, t));
    for (size_t i = 0; i < adam->count; i++) {
        float g = gradient[i];
        m[i] = m[i] * beta1 + g * rest1;
        v[i] = v[i] * beta2 + g * g * rest2;
        values[i] -= step * (m[i] / (sqrtf(v[i]) / root + epsilon));
    }
}

float *gb_adam_moments(gb_adam *adam) {
    return adam->moments;
}

uint64_t gb_adam_steps(const gb_adam *adam) {
    return adam->steps;
}

void gb_adam_set_steps(gb_adam *adam, uint64_t steps) {
    adam->steps = steps;
}
