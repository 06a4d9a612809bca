/* Normal noise from counters, the same numbers as ops/bends/noise.c: pixels 2i and 2i + 1 are the halves of a pair.
 * Bytes, in half: 4 a value; 4 64-bit multiplications of integers and about 40 FLOP, with a logarithm and a sine. At 1024×1024
 * and 32 channels 134 MB: the floor of an H100 is 40 µs, by memory. */
#include "cuda/curves.cuh"
#include "cuda/bends/filters.cuh"
#include "ops/splitmix.h"

__global__ static void __launch_bounds__(GB_FILTER_THREADS) noise(gb_filter_use b) {
    const float two_pi = 6.28318531f, unit = 1.0f / 16777216.0f, strength = b.params[0];
    uint64_t seed = gb_splitmix64((uint64_t)b.params[1]);
    bool own = (int)b.params[2] == GB_SAMPLES_OWN;
    gb_each_filtered(b, [&](int n, int p) {
        return [=](int c, float x) {
            uint64_t key = gb_splitmix64(seed ^ (uint64_t)c);
            if (own)
                key = gb_splitmix64(key ^ (uint64_t)n);
            uint64_t bits = gb_splitmix64(key + (uint64_t)(p & ~1));
            float u = (float)(bits >> 40) * unit, angle = (float)(bits >> 16 & 0xffffff) * unit * two_pi;
            float radius = strength * sqrtf(-2.0f * logf(1.0f - u));
            return x + radius * vsin_quarters(angle, p & 1 ? 0 : 1);
        };
    });
}

void gb_launch_noise(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int) {
    gb_launch_filtered(cpu, noise, use);
}
