/* Tensors in kernels: value (n, c, p) is at n·n_step + c·c_step + p·p_step, in float32 or float16. The same view serves
 * planar tensors and channels-last maps; p counts pixels row by row. */
#ifndef GB_CUDA_TENSOR_CUH
#define GB_CUDA_TENSOR_CUH

#include <cuda_fp16.h>

#include "cuda/stream.cuh"

/* A number of things to divide by, with its reciprocal: 64-bit division is a long subroutine on a GPU, in which
 * registers are spilled. */
struct gb_divisor {
    unsigned by;
    unsigned long long reciprocal;      /* ⌊(2^64 − 1) / by⌋ */
};

static inline gb_divisor gb_divisor_of(int by) {
    return {(unsigned)by, ~0ull / (unsigned)by};
}

/* ⌊i / by⌋ and the rest, for 0 ≤ i < 2^63. The product is at most 1 too small. */
__device__ static inline long long gb_divide(long long i, const gb_divisor &d, int *rest) {
    unsigned long long quotient = __umul64hi((unsigned long long)i, d.reciprocal), left = i - quotient * d.by;
    if (left >= d.by) {
        quotient++;
        left -= d.by;
    }
    *rest = (int)left;
    return (long long)quotient;
}

struct gb_view {
    void *data;
    int c, h, w, pixels;
    int c_padded;               /* channels stored, padding included; padding channels are zero */
    bool half;
    bool streaming;             /* a map that the second-level cache could not keep until the next kernel reads it */
    long long n_step, c_step;
    int p_step;
    gb_divisor per_pixel, per_map, per_group;   /* for the number of values of a pixel and of a map, and c_padded / 8 */
};

static inline gb_view gb_view_of(const gb_cpu *cpu, const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    bool last = s->block > 1;
    gb_view v = {t->data, s->c, s->h, s->w, s->h * s->w, last ? s->block : s->c, false, false, 0, 0, 0, {}, {}, {}};
    v.half = last && cpu->device->map_bytes == 2;
    v.streaming = last && gb_shape_floats(s) * cpu->device->map_bytes > gb_cuda_of(cpu)->cache_bytes;
    v.n_step = (long long)v.c_padded * v.pixels;
    v.c_step = last ? 1 : v.pixels;
    v.p_step = last ? s->block : 1;
    v.per_pixel = gb_divisor_of(v.c_padded);
    v.per_map = gb_divisor_of(v.pixels);
    v.per_group = gb_divisor_of(v.c_padded < 8 ? 1 : v.c_padded / 8);
    return v;
}

/* Value i of an array in float16 or float32. */
__device__ static inline float gb_load_value(bool half, const void *from, long long i) {
    return half ? __half2float(((const __half *)from)[i]) : ((const float *)from)[i];
}

__device__ static inline float gb_load(const gb_view &v, int n, int c, int p) {
    return gb_load_value(v.half, v.data, n * v.n_step + c * v.c_step + (long long)p * v.p_step);
}

__device__ static inline void gb_store(const gb_view &v, int n, int c, int p, float value) {
    long long i = n * v.n_step + c * v.c_step + (long long)p * v.p_step;
    if (v.half)
        ((__half *)v.data)[i] = __float2half_rn(value);
    else
        ((float *)v.data)[i] = value;
}

/* The value after it has been stored and loaded again. */
__device__ static inline float gb_stored(bool half, float value) {
    return half ? __half2float(__float2half_rn(value)) : value;
}

/* The larger one; NaN wins. */
__device__ static inline float gb_larger(float a, float b) {
    return a > b || a != a ? a : b;
}

/* Eight values at a multiple of 16 bytes, as float16 or float32: one or two 16-byte accesses. Streaming ones leave the caches
 * to other data. */
__device__ static inline void gb_load_eight(bool half, const void *from, float (&to)[8], bool streaming = false) {
    if (half) {
        uint4 words = streaming ? __ldcs((const uint4 *)from) : *(const uint4 *)from;
        const unsigned word[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
        for (int k = 0; k < 8; k++)
            to[k] = __half2float(__ushort_as_half((unsigned short)(word[k / 2] >> k % 2 * 16)));
    } else {
        const float4 *four = (const float4 *)from;
        float4 a = streaming ? __ldcs(four) : four[0], b = streaming ? __ldcs(four + 1) : four[1];
        to[0] = a.x, to[1] = a.y, to[2] = a.z, to[3] = a.w, to[4] = b.x, to[5] = b.y, to[6] = b.z, to[7] = b.w;
    }
}

template <class T> __device__ static inline void gb_store_words(T *to, const T &words, bool streaming) {
    if (streaming)
        __stcs(to, words);
    else
        *to = words;
}

__device__ static inline void gb_store_eight(bool half, void *to, const float (&from)[8], bool streaming = false) {
    if (half) {
        unsigned word[4];
#pragma unroll
        for (int k = 0; k < 4; k++)
            word[k] = (unsigned)__half_as_ushort(__float2half_rn(from[2 * k])) |
                      (unsigned)__half_as_ushort(__float2half_rn(from[2 * k + 1])) << 16;
        gb_store_words((uint4 *)to, uint4{word[0], word[1], word[2], word[3]}, streaming);
    } else {
        gb_store_words((float4 *)to, float4{from[0], from[1], from[2], from[3]}, streaming);
        gb_store_words((float4 *)to + 1, float4{from[4], from[5], from[6], from[7]}, streaming);
    }
}

/* Eight channels of a pixel of a channels-last map, c a multiple of 8. `once`: no other thread of the kernel loads them. */
__device__ static inline void gb_load8(const gb_view &v, int n, int c, int p, float (&to)[8], bool once = false) {
    long long i = n * v.n_step + (long long)p * v.p_step + c;
    if (v.half)
        gb_load_eight(true, (const __half *)v.data + i, to, once && v.streaming);
    else
        gb_load_eight(false, (const float *)v.data + i, to, once && v.streaming);
}

__device__ static inline void gb_store8(const gb_view &v, int n, int c, int p, const float (&from)[8]) {
    long long i = n * v.n_step + (long long)p * v.p_step + c;
    if (v.half)
        gb_store_eight(true, (__half *)v.data + i, from, v.streaming);
    else
        gb_store_eight(false, (float *)v.data + i, from, v.streaming);
}

/* For kernels with a thread per value: item i of all N × pixels × c_padded in memory order, so that neighbouring
 * threads access neighbouring values. */
struct gb_item { int n, c, p; };

__device__ static inline gb_item gb_item_at(const gb_view &v, long long i) {
    bool last = v.c_step == 1;
    gb_divisor inner = {last ? v.per_pixel.by : v.per_map.by, last ? v.per_pixel.reciprocal : v.per_map.reciprocal};
    gb_divisor outer = {last ? v.per_map.by : v.per_pixel.by, last ? v.per_map.reciprocal : v.per_pixel.reciprocal};
    int a, b, n = (int)gb_divide(gb_divide(i, inner, &a), outer, &b);
    return {n, last ? a : b, last ? b : a};
}

/* For kernels with a thread per eight channels: group i of a channels-last map with the channels of v and the pixels
 * of another map. */
__device__ static inline gb_item gb_group_at(const gb_view &v, const gb_view &pixels, long long i) {
    gb_item at;
    i = gb_divide(i, v.per_group, &at.c);
    at.c *= 8;
    at.n = (int)gb_divide(i, pixels.per_map, &at.p);
    return at;
}

static inline long long gb_item_count(const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    return (long long)s->n * (s->block > 1 ? s->block : s->c) * s->h * s->w;
}

#define GB_EACH_ITEM(i, count)                                                                                    \
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < (count);                             \
         i += (long long)gridDim.x * blockDim.x)

#endif
