/* Half precision without a GPU: conversions round to nearest, ties to even, as the hardware does. */
#ifndef EMULATED_CUDA_FP16_H
#define EMULATED_CUDA_FP16_H

#include <math.h>
#include <stdint.h>
#include <string.h>

struct __half { uint16_t bits; };

static inline __half __float2half_rn(float f) {
    uint32_t u, sign;
    memcpy(&u, &f, sizeof u);
    sign = u >> 16 & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000)
        return {(uint16_t)(sign | 0x7fff)};
    if (u >= 0x477ff000)                                /* 65520 and more */
        return {(uint16_t)(sign | 0x7c00)};
    if (u < 0x38800000) {                               /* subnormal in half */
        float a;
        memcpy(&a, &u, sizeof a);
        return {(uint16_t)(sign | (uint32_t)rintf(a * 16777216.0f))};
    }
    u += 0xfff + (u >> 13 & 1);
    return {(uint16_t)(sign | ((u - 0x38000000) >> 13))};
}

static inline float __half2float(__half h) {
    uint32_t sign = (uint32_t)(h.bits & 0x8000) << 16, rest = h.bits & 0x7fff, u;
    float f;
    if (rest >= 0x7c00)
        u = sign | 0x7f800000 | (rest & 0x3ff) << 13;
    else if (rest >= 0x400)
        u = sign | ((rest << 13) + 0x38000000);
    else {
        f = (float)rest / 16777216.0f;
        memcpy(&u, &f, sizeof u);
        u |= sign;
    }
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline __half __ushort_as_half(unsigned short bits) { return {bits}; }
static inline unsigned short __half_as_ushort(__half h) { return h.bits; }

#endif
