/* A hash: every bit of the result depends on all of x (Steele, Lea, Flood 2014, mix64 of SplitMix). Also for kernels. */
#ifndef GB_OPS_SPLITMIX_H
#define GB_OPS_SPLITMIX_H

#include <stdint.h>

#ifdef __CUDACC__
#define GB_ON_HOST_AND_DEVICE __host__ __device__
#else
#define GB_ON_HOST_AND_DEVICE
#endif

GB_ON_HOST_AND_DEVICE static inline uint64_t gb_splitmix64(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

#endif
