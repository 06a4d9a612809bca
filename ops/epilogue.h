/* The epilogue in plain C: the stages that follow an operation in the same pass, and the specification of every fast
 * epilogue. Every step is one rounded float operation, so that fused and separate stages give the same bits. */
#ifndef GB_OPS_EPILOGUE_H
#define GB_OPS_EPILOGUE_H

#include "ops/kernel.h"

/* v, of sample n, channel c and pixel p, after all stages of one round. */
static inline gb_real gb_epilogue_round(const gb_epilogue *e, gb_real v, int n, int c, size_t p) {
    if (e->norm) {
        const gb_real *at = e->norm + (size_t)n * 3 * e->norm_channels + c;
        v = (v - at[0]) * at[e->norm_channels] + at[2 * e->norm_channels];
    }
    if (e->noise)
        v += e->noise[n * e->noise_step + p] * e->noise_strength;
    if (e->bias_act) {
        if (e->bias)
            v += e->bias[c];
        v = e->act_channels && !e->act_channels[c] ? gb_activate(e->base_act, NULL, 0, v)
                                                   : gb_activate(e->act, e->act_params, e->act_param_count, v);
        if (e->gain != 1.0f)
            v *= e->gain;
        if (e->clamp >= 0.0f)
            v = v > e->clamp ? e->clamp : v < -e->clamp ? -e->clamp : v;
    }
    if (e->add)
        v += gb_plane(e->add, n, c)[p * e->add->shape.block];
    return v;
}

/* The same after all rounds. */
static inline gb_real gb_epilogue_value(const gb_epilogue *e, gb_real v, int n, int c, size_t p) {
    for (; e; e = e->then)
        v = gb_epilogue_round(e, v, n, c, p);
    return v;
}

/* Writes v to out[n, c, p] after applying the epilogue, if there is one. */
static inline void gb_store(const gb_tensor *out, const gb_epilogue *e, gb_real v, int n, int c, size_t p) {
    gb_plane(out, n, c)[p * out->shape.block] = gb_epilogue_value(e, v, n, c, p);
}

#endif
