/* Small separable correlations (ops/bends/convolution.c). blur and sharpen sum along the rows into float32, then down
 * the columns; sobel does its 3×3 pixels at once. Sums are added in the order of the plain filters.
 * Bytes, in half: 12 a value for blur and sharpen, whose sums are written and read, 4 for sobel; other reads hit the caches.
 * 4·(2n + 1) FLOP a value for blur, 36 or 76 for sobel. At 1024×1024 and 32 channels 403 MB and 134 MB: the floor of an H100
 * is 0.12 ms and 40 µs, by memory. */
#include "cuda/bends/filters.cuh"

/* ------------------------------------------------------------------------------------------------ blur, sharpen */

size_t gb_gaussian_workspace(const gb_cpu *, const gb_desc *d, int) {
    gb_tensor t = {d->out, NULL};
    return sizeof(float) * (size_t)gb_item_count(&t);
}

static gb_view sums_of(const gb_filter_use &b) {
    gb_view sums = b.out;
    sums.data = b.workspace;
    sums.half = false;
    return sums;
}

/* sums[r, c] = Σ_i g[i] x[r, c − n + i] */
__global__ static void __launch_bounds__(GB_FILTER_THREADS) along_rows(gb_filter_use b, gb_view sums, int border_at) {
    const gb_gaussian *g = (const gb_gaussian *)b.prepared;
    gb_border border = (gb_border)(int)b.params[border_at];
    GB_EACH_ITEM(i, b.count) {
        gb_item at = gb_item_at(b.out, i);
        if (at.c >= b.out.c || b.from[at.c] < 0)
            continue;
        int row = at.p / b.in.w * b.in.w, c = at.p % b.in.w - g->reach;
        float sum = 0.0f;
        for (int k = 0; k <= 2 * g->reach; k++) {
            int x = gb_pixel_inside(border, c + k, b.in.w);
            sum += g->weight[k] * (x < 0 ? 0.0f : gb_load(b.in, at.n, at.c, row + x));
        }
        gb_store(sums, at.n, at.c, at.p, sum);
    }
}

__global__ static void __launch_bounds__(GB_FILTER_THREADS)
down_columns(gb_filter_use b, gb_view sums, int border_at, int which) {
    const gb_gaussian *g = (const gb_gaussian *)b.prepared;
    gb_border border = (gb_border)(int)b.params[border_at];
    GB_EACH_ITEM(i, b.count) {
        gb_item at = gb_item_at(b.out, i);
        float v = at.c < b.out.c ? gb_load(b.in, at.n, at.c, at.p) : 0.0f, sum = 0.0f;
        if (at.c < b.out.c && b.from[at.c] >= 0) {
            int r = at.p / b.in.w - g->reach, c = at.p % b.in.w;
            for (int k = 0; k <= 2 * g->reach; k++) {
                int y = gb_pixel_inside(border, r + k, b.in.h);
                if (y >= 0)
                    sum += g->weight[k] * gb_load(sums, at.n, at.c, y * b.in.w + c);
            }
            v = gb_mixed(*b.share, v, which == GB_BLUR ? sum : v + b.params[0] * (v - sum));
        }
        gb_store(b.out, at.n, at.c, at.p, v);
    }
}

void gb_launch_gaussian(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int which) {
    int border_at = which == GB_BLUR ? 1 : 2;
    gb_launch_items(cpu, along_rows, use, sums_of(use), border_at);
    gb_launch_items(cpu, down_columns, use, sums_of(use), border_at, which);
}

/* ------------------------------------------------------------------------------------------------ sobel */

/* [−1 0 1] along the rows and [1 2 1] across them, or the reverse. */
__device__ static float gradient(const gb_filter_use &b, gb_border border, gb_item at, bool down) {
    int r = at.p / b.in.w, c = at.p % b.in.w;
    float sum = 0.0f;
    for (int j = -1; j <= 1; j++) {
        int y = gb_pixel_inside(border, r + j, b.in.h);
        float along = 0.0f;
        if (y < 0)
            continue;
        for (int i = -1; i <= 1; i++) {
            int x = gb_pixel_inside(border, c + i, b.in.w);
            float weight = down ? 2.0f - fabsf((float)i) : (float)i;
            along += weight * (x < 0 ? 0.0f : gb_load(b.in, at.n, at.c, y * b.in.w + x));
        }
        sum += (down ? (float)j : 2.0f - fabsf((float)j)) * along;
    }
    return sum;
}

__global__ static void __launch_bounds__(GB_FILTER_THREADS, GB_FILTER_BLOCKS) sobel(gb_filter_use b) {
    int which = (int)b.params[0];
    gb_border border = (gb_border)(int)b.params[1];
    gb_each_filtered(b, [&](int n, int p) {
        return [&b, n, p, which, border](int c, float) {
            gb_item at = {n, c, p};
            if (which != GB_GRADIENT_MAGNITUDE)
                return gradient(b, border, at, which == GB_GRADIENT_Y);
            float x = gradient(b, border, at, false), y = gradient(b, border, at, true);
            return sqrtf(x * x + y * y);
        };
    });
}

void gb_launch_sobel(const gb_cpu *cpu, const gb_desc *, const gb_filter_use &use, int) {
    gb_launch_filtered(cpu, sobel, use);
}
