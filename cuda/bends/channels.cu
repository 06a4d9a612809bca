/* Filters that move whole maps between channels (ops/bends/channels.c). The host computes the order. Bytes, in
 * half: 4 a value, 6 if the result is mixed with x, with 3 FLOP. At 1024×1024 and 32 channels 134 MB: the floor of an H100 is
 * 40 µs, by memory. */
#include "cuda/bends/filters.cuh"

__global__ static void __launch_bounds__(GB_FILTER_THREADS) reorder(gb_filter_use b) {
    gb_each_filtered(b, [&](int n, int p) {
        return [&b, n, p](int c, float) { return gb_load(b.in, n, b.from[c], p); };
    });
}

void gb_launch_channels(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int) {
    gb_launch_filtered(cpu, reorder, use);
}
