/* Reductions over a warp's 32 lanes, in an order that never changes. */
#ifndef GB_CUDA_WARP_CUH
#define GB_CUDA_WARP_CUH

#include <cuda_runtime.h>

/* All lanes get the sum; all lanes must call. */
__device__ static inline float gb_warp_sum(float v) {
    for (int mask = 16; mask; mask /= 2)
        v += __shfl_xor_sync(0xffffffffu, v, mask);
    return v;
}

/* The largest; NaN is passed over unless all are. */
__device__ static inline float gb_warp_max(float v) {
    for (int mask = 16; mask; mask /= 2)
        v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, mask));
    return v;
}

#endif
