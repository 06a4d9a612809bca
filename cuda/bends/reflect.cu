/* Mirrored maps (ops/bends/reflect.c):  h: y[r, c] = x[r, W−1−c],  v: y[r, c] = x[H−1−r, c].
 * Bytes, in half: 4 a value, 6 if the result is mixed with x, with 3 FLOP. At 1024×1024 and 32 channels 134 MB: the floor of
 * an H100 is 40 µs, by memory. */
#include "cuda/bends/filters.cuh"

__global__ static void __launch_bounds__(GB_FILTER_THREADS) reflect(gb_filter_use b, int which) {
    gb_each_filtered(b, [&](int n, int p) {
        int y = p / b.in.w, x = p % b.in.w;
        int from = which == GB_REFLECT_H ? y * b.in.w + b.in.w - 1 - x : (b.in.h - 1 - y) * b.in.w + x;
        return [&b, n, from](int c, float) { return gb_load(b.in, n, c, from); };
    });
}

void gb_launch_reflect(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int which) {
    gb_launch_filtered(cpu, reflect, use, which);
}
