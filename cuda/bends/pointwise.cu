/* Filters of single values (ops/bends/pointwise.c). Bytes, in half: 4 a value; at most 3 FLOP. At 1024×1024 and 32 channels 134 MB: the floor of
 * an H100 is 40 µs, by memory. */
#include "cuda/bends/filters.cuh"

__device__ static float filtered(int which, const float *p, float x) {
    switch (which) {
    case GB_ABLATE:
        return 0.0f;
    case GB_INVERT:
        return 1.0f - x;
    case GB_MULTIPLY:
        return x * p[0];
    case GB_ADD:
        return x + p[0];
    case GB_THRESHOLD:
        return (p[1] == 0.0f ? x > p[0] : x >= p[0]) ? 1.0f : 0.0f;
    case GB_CLAMP:
        x = x < p[0] ? p[0] : x;
        return x > p[1] ? p[1] : x;
    default:
        return rintf(x / p[0]) * p[0];
    }
}

__global__ static void __launch_bounds__(GB_FILTER_THREADS) pointwise(gb_filter_use b, int which) {
    gb_each_filtered(b, [&](int, int) { return [&](int, float x) { return filtered(which, b.params, x); }; });
}

void gb_launch_pointwise(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int which) {
    gb_launch_filtered(cpu, pointwise, use, which);
}
