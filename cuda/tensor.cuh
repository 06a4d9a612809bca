/* Tensors in kernels: value (n, c, p) is at n·n_step + c·c_step + p·p_step, in float32 or float16. The same view serves
 * planar tensors and channels-last maps; p counts pixels row by row. */
#ifndef GB_CUDA_TENSOR_CUH
#define GB_CUDA_TENSOR_CUH

#include <cuda_fp16.h>

#include "cuda/stream.cuh"

struct gb_view {
    void *data;
    int c, h, w, pixels;
    int c_padded;               /* channels stored, padding included; padding channels are zero */
    bool half;
    long long n_step, c_step;
    int p_step;
};

static inline gb_view gb_view_of(const gb_cpu *cpu, const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    bool last = s->block > 1;
    gb_view v = {t->data, s->c, s->h, s->w, s->h * s->w, last ? s->block : s->c, false, 0, 0, 0};
    v.half = last && cpu->device->map_bytes == 2;
    v.n_step = (long long)v.c_padded * v.pixels;
    v.c_step = last ? 1 : v.pixels;
    v.p_step = last ? s->block : 1;
    return v;
}

__device__ static inline float gb_load(const gb_view &v, int n, int c, int p) {
    long long i = n * v.n_step + c * v.c_step + (long long)p * v.p_step;
    return v.half ? __half2float(((const __half *)v.data)[i]) : ((const float *)v.data)[i];
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

/* Eight channels of a pixel of a channels-last map, c a multiple of 8: one or two 16-byte accesses. */
__device__ static inline void gb_load8(const gb_view &v, int n, int c, int p, float (&to)[8]) {
    long long i = n * v.n_step + (long long)p * v.p_step + c;
    if (v.half) {
        uint4 words = *(const uint4 *)((const __half *)v.data + i);
        const unsigned word[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
        for (int k = 0; k < 8; k++)
            to[k] = __half2float(__ushort_as_half((unsigned short)(word[k / 2] >> k % 2 * 16)));
    } else {
        const float4 *from = (const float4 *)((const float *)v.data + i);
        float4 a = from[0], b = from[1];
        to[0] = a.x, to[1] = a.y, to[2] = a.z, to[3] = a.w, to[4] = b.x, to[5] = b.y, to[6] = b.z, to[7] = b.w;
    }
}

__device__ static inline void gb_store8(const gb_view &v, int n, int c, int p, const float (&from)[8]) {
    long long i = n * v.n_step + (long long)p * v.p_step + c;
    if (v.half) {
        unsigned word[4];
#pragma unroll
        for (int k = 0; k < 4; k++)
            word[k] = (unsigned)__half_as_ushort(__float2half_rn(from[2 * k])) |
                      (unsigned)__half_as_ushort(__float2half_rn(from[2 * k + 1])) << 16;
        *(uint4 *)((__half *)v.data + i) = uint4{word[0], word[1], word[2], word[3]};
    } else {
        float4 *to = (float4 *)((float *)v.data + i);
        to[0] = float4{from[0], from[1], from[2], from[3]};
        to[1] = float4{from[4], from[5], from[6], from[7]};
    }
}

/* For kernels with a thread per value: item i of all N × pixels × c_padded in memory order, so that neighbouring
 * threads access neighbouring values. */
struct gb_item { int n, c, p; };

__device__ static inline gb_item gb_item_at(const gb_view &v, long long i) {
    gb_item at;
    at.n = (int)(i / v.n_step);
    long long rest = i % v.n_step;
    at.c = (int)(v.c_step == 1 ? rest % v.c_padded : rest / v.pixels);
    at.p = (int)(v.c_step == 1 ? rest / v.c_padded : rest % v.pixels);
    return at;
}

/* For kernels with a thread per eight channels: group i of a channels-last map of `pixels`. */
__device__ static inline gb_item gb_group_at(const gb_view &v, long long i, int pixels) {
    int groups = v.c_padded / 8;
    long long pixel = i / groups;
    gb_item at;
    at.c = (int)(i - pixel * groups) * 8;
    at.n = (int)(pixel / pixels);
    at.p = (int)(pixel - (long long)at.n * pixels);
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
