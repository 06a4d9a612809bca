/* What follows an operation's own arithmetic, in the same pass: ops/epilogue.h on the GPU. The stages and their order are
 * gb_epilogue's; each rounds to the type the map is stored in, as if it stood alone. All of it is read from device memory
 * when the kernel runs, so that a slider, or noise switched off, needs no new launch. */
#ifndef GB_CUDA_EPILOGUE_CUH
#define GB_CUDA_EPILOGUE_CUH

#include "cuda/curves.cuh"
#include "cuda/tensor.cuh"

struct gb_finish {
    const float *noise;             /* NULL = no such stage */
    long long noise_step;
    float noise_strength;
    bool bias_act, has_add;
    const float *bias;
    gb_act_kind act, base_act;
    float params[GB_MAX_ACT_PARAMS], base_params[GB_MAX_ACT_PARAMS];
    int param_count, base_count;
    const uint8_t *channels;        /* where it is 0, base_act; NULL = act everywhere */
    float gain, clamp;
    gb_view add;
};

/* Puts the epilogue of this render into the live block. Rows that fuse call it in both passes, epilogue or none. */
const gb_finish *gb_live_finish(const gb_cpu *cpu, const gb_tensor *out, const gb_epilogue *e);

__device__ static inline float gb_finished(const gb_finish *e, bool half, float v, int n, int c, int p) {
    v = gb_stored(half, v);
    if (e->noise)
        v = gb_stored(half, v + e->noise[n * e->noise_step + p] * e->noise_strength);
    if (e->bias_act) {
        if (e->bias)
            v += e->bias[c];
        if (e->channels && !e->channels[c])
            v = activate(e->base_act, e->base_params, e->base_count, v);
        else
            v = activate(e->act, e->params, e->param_count, v);
        if (e->gain != 1.0f)
            v *= e->gain;
        if (e->clamp >= 0.0f)
            v = v > e->clamp ? e->clamp : v < -e->clamp ? -e->clamp : v;
        v = gb_stored(half, v);
    }
    if (e->has_add)
        v = gb_stored(half, v + gb_load(e->add, n, c, p));
    return v;
}

/* v as value (n, c, p) of `out`, through the epilogue; padding lanes become zero. */
__device__ static inline void gb_put(const gb_view &out, const gb_finish *e, float v, int n, int c, int p) {
    gb_store(out, n, c, p, c < out.c ? gb_finished(e, out.half, v, n, c, p) : 0.0f);
}

#endif
