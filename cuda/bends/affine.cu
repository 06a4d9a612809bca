/* Affine transforms (ops/bends/affine.c): pixel (x, y) of the result is the original at m⁻¹(x, y). The host prepares
 * the matrix; positions are computed in double in the same steps, so that rounding never selects another pixel.
 * Bytes, in half: from memory about 2 a value, the other reads hit the caches, and 2 to it; about 20 double FLOP for the
 * position of 8 values, and 7 (bilinear) to 40 (bicubic) a value. At 1024×1024 and 32 channels 134 MB: the floor of an H100 is
 * 40 µs, by memory. */
#include "cuda/bends/filters.cuh"

/* A position in the original: between pixels x, x+1 and y, y+1. */
struct position { int x, y; float fx, fy; };

/* One map of one sample, with its border. */
struct sampled { const gb_view &in; gb_border border; int n, c; };

#define FAR 536870912.0      /* 2^29 pixels; positions beyond it are clamped, only the border is there */

__device__ static int whole_below(double v, float *fraction) {
    v = v < -FAR ? -FAR : v > FAR ? FAR : v;
    int i = (int)v;
    i -= v < i;
    *fraction = (float)(v - i);
    return i;
}

/* v in 1/1024 of a pixel, rounded to 1/32 of one. */
__device__ static int whole_below_opencv(double v, float *fraction) {
    const double limit = FAR * 1024.0;
    v = v < -limit ? -limit : v > limit ? limit : v;
    uint64_t in_32nds = (uint64_t)((int64_t)v + 16 + ((int64_t)1 << 40)) >> 5;     /* 2^40 keeps it positive */
    *fraction = (float)(in_32nds & 31) / 32.0f;
    return (int)((int64_t)(in_32nds >> 5) - ((int64_t)1 << 30));
}

__device__ static position position_of(const gb_affine *affine, int x, int y) {
    const gb_matrix &i = affine->inverse;
    double row_x = i.xy * y + i.x1, row_y = i.yy * y + i.y1;
    position p;
    if (affine->sampling == GB_OPENCV) {
        p.x = whole_below_opencv(rint(row_x * 1024.0) + rint(i.xx * x * 1024.0), &p.fx);
        p.y = whole_below_opencv(rint(row_y * 1024.0) + rint(i.yx * x * 1024.0), &p.fy);
    } else {
        double half = affine->sampling == GB_NEAREST ? 0.5 : 0.0;
        p.x = whole_below(i.xx * x + row_x + half, &p.fx);
        p.y = whole_below(i.yx * x + row_y + half, &p.fy);
    }
    return p;
}

__device__ static float pixel(const sampled &m, int y, int x) {
    y = gb_pixel_inside(m.border, y, m.in.h);
    x = gb_pixel_inside(m.border, x, m.in.w);
    return x < 0 || y < 0 ? 0.0f : gb_load(m.in, m.n, m.c, y * m.in.w + x);
}

__device__ static float bilinear(const sampled &m, position p) {
    float wx = 1.0f - p.fx, wy = 1.0f - p.fy;
    return pixel(m, p.y, p.x) * (wy * wx) + pixel(m, p.y, p.x + 1) * (wy * p.fx) +
           pixel(m, p.y + 1, p.x) * (p.fy * wx) + pixel(m, p.y + 1, p.x + 1) * (p.fy * p.fx);
}

/* Keys' kernel: the weight of the pixel at i − 1 (0 … 3) for a place t in [0, 1] after 0. */
__device__ static float cubic(int i, float t) {
    const float a = -0.75f;
    float d = i == 0 ? 1.0f + t : i == 1 ? t : i == 2 ? 1.0f - t : 2.0f - t;
    return i == 0 || i == 3 ? ((a * d - 5.0f * a) * d + 8.0f * a) * d - 4.0f * a
                            : ((a + 2.0f) * d - (a + 3.0f)) * d * d + 1.0f;
}

__device__ static float bicubic(const sampled &m, position p) {
    float sum = 0.0f;
    for (int j = 0; j < 4; j++) {
        int row = gb_pixel_inside(m.border, p.y - 1 + j, m.in.h);
        float along = 0.0f;
        for (int i = 0; row >= 0 && i < 4; i++) {
            int column = gb_pixel_inside(m.border, p.x - 1 + i, m.in.w);
            along += column < 0 ? 0.0f : cubic(i, p.fx) * gb_load(m.in, m.n, m.c, row * m.in.w + column);
        }
        sum += cubic(j, p.fy) * along;
    }
    return sum;
}

__global__ static void __launch_bounds__(GB_FILTER_THREADS, GB_FILTER_BLOCKS) warp(gb_filter_use b) {
    const gb_affine *affine = (const gb_affine *)b.prepared;
    bool singular = affine->singular;
    gb_sampling sampling = affine->sampling;
    gb_border border = affine->border;
    gb_each_filtered(b, [&](int n, int pixel_index) {
        position p = position_of(affine, pixel_index % b.in.w, pixel_index / b.in.w);
        return [&b, n, p, singular, sampling, border](int c, float) {
            sampled m = {b.in, border, n, c};
            return singular                 ? 0.0f
                   : sampling == GB_NEAREST ? pixel(m, p.y, p.x)
                   : sampling == GB_BICUBIC ? bicubic(m, p)
                                            : bilinear(m, p);
        };
    });
}

void gb_launch_affine(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int) {
    gb_launch_filtered(cpu, warp, use);
}
