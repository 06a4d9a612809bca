/* Maps turned over, as ops/filters/reflect.c:  h: y[r, c] = x[r, W−1−c],  v: y[r, c] = x[H−1−r, c]. */
#include "cuda/filters.cuh"

__global__ static void reflect(gb_filter_use b, int which) {
    gb_each_filtered(b, [&](gb_place at, float) {
        int r = at.p / b.in.w, c = at.p % b.in.w;
        int p = which == GB_REFLECT_H ? r * b.in.w + b.in.w - 1 - c : (b.in.h - 1 - r) * b.in.w + c;
        return gb_load(b.in, at.n, at.c, p);
    });
}

void gb_launch_reflect(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int which) {
    gb_launch_each(cpu, reflect, use, which);
}
