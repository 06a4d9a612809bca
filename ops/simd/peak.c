/* Multiply-adds in registers alone. A core starts two a cycle and each takes four or five, so ten chains that do not
 * wait for each other keep its units full; AVX2 has sixteen registers, and two hold the factors. */
#include "ops/simd/peak.h"

#include "ops/simd/simd.h"

enum { CHAINS = 12 };

#if GB_WITH_AVX2 || GB_WITH_AVX512
#include <immintrin.h>

/* x ← x·a + b with a a little under 1 stays finite for ever. The sum is kept so that the loop is not taken away. */
#define FMA_CHAINS(vector, set1, fmadd)                         \
    vector x[CHAINS], a = set1(0.999f), b = set1(0.001f);       \
    for (int k = 0; k < CHAINS; k++)                            \
        x[k] = set1((float)k);                                  \
    for (int i = 0; i < iterations; i++)                        \
        _Pragma("GCC unroll 12")                                \
        for (int k = 0; k < CHAINS; k++)                        \
            x[k] = fmadd(x[k], a, b);                           \
    _Pragma("GCC unroll 12")                                    \
    for (int k = 0; k < CHAINS; k++)                            \
        __asm__ volatile("" : : "x"(x[k]));                     \
    return 2.0 * CHAINS * (sizeof(vector) / sizeof(float)) * iterations
#endif

#if GB_WITH_AVX2
__attribute__((target("avx2,fma"))) static double burst_avx2(int iterations) {
    FMA_CHAINS(__m256, _mm256_set1_ps, _mm256_fmadd_ps);
}
#endif

#if GB_WITH_AVX512
__attribute__((target("avx512f"))) static double burst_avx512(int iterations) {
    FMA_CHAINS(__m512, _mm512_set1_ps, _mm512_fmadd_ps);
}
#endif

/* Four floats to a chain: what the baseline of every processor we know has. */
typedef float vector4 __attribute__((vector_size(16)));

static double burst_plain(int iterations) {
    vector4 x[CHAINS], a = {0.999f, 0.999f, 0.999f, 0.999f}, b = {0.001f, 0.001f, 0.001f, 0.001f};
    for (int k = 0; k < CHAINS; k++)
        x[k] = b * (float)k;
    for (int i = 0; i < iterations; i++)
#pragma GCC unroll 12
        for (int k = 0; k < CHAINS; k++)
            x[k] = x[k] * a + b;
    volatile float kept = 0;
    for (int k = 0; k < CHAINS; k++)
        kept += x[k][0];
    (void)kept;
    return 2.0 * CHAINS * 4 * iterations;
}

double gb_fma_burst(int iterations) {
#if GB_WITH_AVX512
    if (gb_x86_has_avx512())
        return burst_avx512(iterations);
#endif
#if GB_WITH_AVX2
    if (gb_x86_has_avx2())
        return burst_avx2(iterations);
#endif
    return burst_plain(iterations);
}
