/* The epilogue on the GPU: the stages and their order are those of gb_epilogue (ops/ops.h). Each rounds to the type
 * that the map is stored in, as if it were an operation of its own. All parameters are read from device memory when the
 * kernel runs, so that changing them, or switching noise off, needs no new launch. */
#ifndef GB_CUDA_EPILOGUE_CUH
#define GB_CUDA_EPILOGUE_CUH

#include "cuda/curves.cuh"
#include "cuda/tensor.cuh"

struct gb_cuda_epilogue {
    const float *noise;             /* NULL = none */
    long long noise_step;
    float noise_strength;
    bool bias_act, has_add;
    const float *bias;
    gb_act_kind act, base_act;
    float params[GB_MAX_ACT_PARAMS], base_params[GB_MAX_ACT_PARAMS];
    int param_count, base_count;
    const uint8_t *channels;        /* 0 selects base_act; NULL = act everywhere */
    float gain, clamp;
    gb_view add;
};

/* Puts the epilogue into the parameter block. Rows that fuse call it in both passes, also without an epilogue. */
const gb_cuda_epilogue *gb_live_epilogue(const gb_cpu *cpu, const gb_tensor *out, const gb_epilogue *e);

/* The activations of `count` channels from c on, unless they are all lrelu. The values are in memory, for a loop that is not
 * unrolled: one call of the activation needs few registers. As a function of its own this would spill some at its calls. */
__device__ __forceinline__ void gb_activate_any(const gb_cuda_epilogue *e, float *v, int c, int count) {
#pragma unroll 1
    for (int k = 0; k < count; k++) {
        bool base = e->channels && !e->channels[c + k];
        v[k] = activate(base ? e->base_act : e->act, base ? e->base_params : e->params,
                        base ? e->base_count : e->param_count, v[k]);
    }
}

__device__ static inline float gb_apply_epilogue(const gb_cuda_epilogue *e, bool half, float v, int n, int c, int p) {
    v = gb_stored(half, v);
    if (e->noise)
        v = gb_stored(half, v + e->noise[n * e->noise_step + p] * e->noise_strength);
    if (e->bias_act) {
        if (e->bias)
            v += e->bias[c];
        if (e->act == GB_ACT_LRELU && !e->channels) {
            v = v < 0.0f ? v * e->params[0] : v;
        } else {
            float value = v;
            gb_activate_any(e, &value, c, 1);
            v = value;
        }
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

/* The same for `count` channels from c on, at most eight; values that belong to the pixel are loaded once. */
__device__ static inline void gb_apply_epilogue8(const gb_cuda_epilogue *e, bool half, float (&v)[8], int n, int c,
                                                 int p, int count) {
    bool has_noise = e->noise != NULL, has_add = e->has_add, has_bias = e->bias != NULL;
    float noise = has_noise ? e->noise[n * e->noise_step + p] * e->noise_strength : 0.0f;
#pragma unroll
    for (int k = 0; k < 8; k++) {
        v[k] = gb_stored(half, v[k]);
        if (has_noise)
            v[k] = gb_stored(half, v[k] + noise);
    }
    if (e->bias_act) {
        float gain = e->gain, limit = e->clamp, slope = e->params[0];
#pragma unroll
        for (int k = 0; k < 8; k++)
            if (has_bias && k < count)
                v[k] += e->bias[c + k];
        if (e->act == GB_ACT_LRELU && !e->channels) {
#pragma unroll
            for (int k = 0; k < 8; k++)
                v[k] = v[k] < 0.0f ? v[k] * slope : v[k];
        } else {
            float values[8];
#pragma unroll
            for (int k = 0; k < 8; k++)
                values[k] = v[k];
            gb_activate_any(e, values, c, count);
#pragma unroll
            for (int k = 0; k < 8; k++)
                v[k] = values[k];
        }
#pragma unroll
        for (int k = 0; k < 8; k++) {
            if (gain != 1.0f)
                v[k] *= gain;
            if (limit >= 0.0f)
                v[k] = v[k] > limit ? limit : v[k] < -limit ? -limit : v[k];
            v[k] = gb_stored(half, v[k]);
        }
    }
    if (has_add && count == 8 && e->add.c_step == 1) {
        float add[8];
        gb_load8(e->add, n, c, p, add, true);
#pragma unroll
        for (int k = 0; k < 8; k++)
            v[k] = gb_stored(half, v[k] + add[k]);
    } else if (has_add) {
#pragma unroll
        for (int k = 0; k < 8; k++)
            if (k < count)
                v[k] = gb_stored(half, v[k] + gb_load(e->add, n, c + k, p));
    }
}

/* Applies the epilogue to eight channels of a pixel and stores them; `out` is channels last. Padding becomes zero. */
__device__ static inline void gb_write8(const gb_view &out, const gb_cuda_epilogue *e, float (&v)[8], int n, int c,
                                        int p) {
    int count = min(8, out.c - c);
    gb_apply_epilogue8(e, out.half, v, n, c, p, count);
    if (count < 8)
#pragma unroll
        for (int k = 0; k < 8; k++)
            v[k] = k < count ? v[k] : 0.0f;
    gb_store8(out, n, c, p, v);
}

/* Applies the epilogue to v and stores it as value (n, c, p). Padding becomes zero. */
__device__ static inline void gb_write(const gb_view &out, const gb_cuda_epilogue *e, float v, int n, int c, int p) {
    gb_store(out, n, c, p, c < out.c ? gb_apply_epilogue(e, out.half, v, n, c, p) : 0.0f);
}

#endif
