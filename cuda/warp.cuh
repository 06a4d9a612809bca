/* Reductions over the 32 lanes of a warp, always in the same order. */
#ifndef GB_CUDA_WARP_CUH
#define GB_CUDA_WARP_CUH

#include <cuda_runtime.h>

/* All lanes have to call; all get the sum. */
__device__ static inline float gb_warp_sum(float v) {
    for (int mask = 16; mask; mask /= 2)
        v += __shfl_xor_sync(0xffffffffu, v, mask);
    return v;
}

/* The maximum. NaN is ignored unless all values are NaN. */
__device__ static inline float gb_warp_max(float v) {
    for (int mask = 16; mask; mask /= 2)
        v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, mask));
    return v;
}

#endif
