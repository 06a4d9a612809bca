/* Tensors as kernels see them: value (n, c, p) at n·n_step + c·c_step + p·p_step, in float32 or float16. One view serves
 * planar tensors and channels-last maps; `p` counts pixels row by row. */
#ifndef GB_CUDA_TENSOR_CUH
#define GB_CUDA_TENSOR_CUH

#include <cuda_fp16.h>

#include "cuda/queue.cuh"

struct gb_view {
    void *data;
    int c, h, w, pixels, lanes;     /* lanes: channels stored, padding included; what is in the padding is zero */
    bool half;
    long long n_step, c_step;
    int p_step;
};

static inline gb_view gb_view_of(const gb_cpu *cpu, const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    bool last = s->block > 1;
    gb_view v = {t->data, s->c, s->h, s->w, s->h * s->w, last ? s->block : s->c, false, 0, 0, 0};
    v.half = last && cpu->device->map_bytes == 2;
    v.n_step = (long long)v.lanes * v.pixels;
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

/* The value as it would be after being stored and read again. */
__device__ static inline float gb_stored(bool half, float value) {
    return half ? __half2float(__float2half_rn(value)) : value;
}

/* For kernels of one value after another: item i of all N × pixels × lanes, in the order they lie in memory, so that
 * neighbouring threads touch neighbouring values. */
struct gb_place { int n, c, p; };

__device__ static inline gb_place gb_place_of(const gb_view &v, long long i) {
    gb_place at;
    at.n = (int)(i / v.n_step);
    long long rest = i % v.n_step;
    at.c = (int)(v.c_step == 1 ? rest % v.lanes : rest / v.pixels);
    at.p = (int)(v.c_step == 1 ? rest / v.lanes : rest % v.pixels);
    return at;
}

static inline long long gb_items(const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    return (long long)s->n * (s->block > 1 ? s->block : s->c) * s->h * s->w;
}

#define GB_EACH_ITEM(i, count)                                                                                    \
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < (count);                             \
         i += (long long)gridDim.x * blockDim.x)

#endif
