/* Erosion and dilation, openings and closings (ops/bends/morphology.c):
 *
 *     dilate: y[r, c] = max of x[r + dy, c + dx] over |dy| ≤ radius, |dx| ≤ reach(dy)
 *
 * and erode is the minimum. Pixels outside the map are ignored; NaN always wins. Maxima over ±m pixels of a row are
 * computed for m = 0, 1, 2, 4, …, each from the one before. For a reach from m to 2m − 1, the maximum of the row is the
 * larger of two such windows, shifted by reach − m to the left and to the right. (At the border the shift is clamped;
 * the other window covers the lost pixels.) A value therefore costs about 4 · radius reads. Each level is a launch,
 * which does nothing if the radius is smaller. Bytes, in half: from memory about 6 a value and level, the other reads hit the
 * caches; 8 · radius comparisons a value. At 1024×1024 and 32 channels with radius 4, which has four levels, 805 MB: the floor
 * of an H100 is 0.24 ms, by memory. */
#include "cuda/bends/filters.cuh"

/* The number of dy from 0 on that reach at least k. Reaches decrease with dy. */
__device__ static int rows_reaching(const gb_element *e, int k) {
    int low = 0, high = e->radius + 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (e->reach[middle] >= k)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* One level of y = sign · dilate(sign · x). `maxima` has the maxima over ±m, `next` gets those of the next level, `y`
 * holds the largest values so far. If `mixes`, the last level mixes the result with b.in. */
__global__ static void __launch_bounds__(GB_FILTER_THREADS)
raise_level(gb_filter_use b, gb_view maxima, gb_view next, gb_view y, int m, float sign, bool mixes) {
    const gb_element *e = (const gb_element *)b.prepared;
    int w = y.w, h = y.h, farthest = min(e->radius, w - 1);
    if (m > farthest)
        return;
    bool last = (m ? 2 * m : 1) > farthest;
    int end = m ? rows_reaching(e, m) : e->radius + 1, begin = last ? 0 : rows_reaching(e, m ? 2 * m : 1);
    float share = *b.share;
    GB_EACH_ITEM(i, b.count) {
        gb_item at = gb_item_at(y, i);
        bool chosen = at.c < y.c && b.from[at.c] >= 0;
        if (chosen) {
            int r = at.p / w, c = at.p % w;
            auto value = [&](int row, int column) {
                return sign * gb_load(maxima, at.n, at.c, row * w + min(max(column, 0), w - 1));
            };
            float v = m ? sign * gb_load(y, at.n, at.c, at.p) : -INFINITY;
            for (int dy = begin; dy < end; dy++) {
                int k = min(e->reach[dy], w - 1) - m;
                for (int row = r - dy; row <= r + dy; row += dy ? 2 * dy : 1)
                    if (row >= 0 && row < h)
                        v = gb_larger(gb_larger(v, value(row, c - k)), value(row, c + k));
            }
            if (!last) {
                int by = m ? m : 1;
                float grown = gb_larger(gb_larger(value(r, c), value(r, c - by)), value(r, c + by));
                gb_store(next, at.n, at.c, at.p, sign * grown);
            }
            v *= sign;
            if (last && mixes)
                v = gb_mixed(share, gb_load(b.in, at.n, at.c, at.p), v);
            gb_store(y, at.n, at.c, at.p, v);
        } else if (last && mixes) {
            gb_store(y, at.n, at.c, at.p, at.c < y.c ? gb_load(b.in, at.n, at.c, at.p) : 0.0f);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ running */

static size_t map_bytes(const gb_cpu *cpu, const gb_shape *s) {
    return gb_part_bytes(gb_tensor_bytes(cpu, s));
}

/* Two maps of maxima; opening and closing need a third for the result of the first half. */
size_t gb_morphology_workspace(const gb_cpu *cpu, const gb_desc *d, int which) {
    return (which == GB_OPENING || which == GB_CLOSING ? 3 : 2) * map_bytes(cpu, &d->out);
}

static gb_view part(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &b, int i) {
    gb_view view = b.out;
    view.data = (char *)b.workspace + i * map_bytes(cpu, &d->out);
    return view;
}

static void dilate_signed(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &b, const gb_view &x,
                          const gb_view &y, float sign, bool mixes) {
    gb_view maxima = x;
    int level = 0;
    for (int m = 0; m == 0 || m <= min(d->out.w - 1, GB_MAX_RADIUS); m = m ? 2 * m : 1, level++) {
        gb_view next = part(cpu, d, b, level % 2);
        gb_launch_items(cpu, raise_level, b, maxima, next, y, m, sign, mixes);
        maxima = next;
    }
}

void gb_launch_morphology(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int which) {
    float sign = which == GB_ERODE || which == GB_OPENING ? -1.0f : 1.0f;
    if (which == GB_ERODE || which == GB_DILATE) {
        dilate_signed(cpu, d, use, use.in, use.out, sign, true);
        return;
    }
    gb_view between = part(cpu, d, use, 2);
    dilate_signed(cpu, d, use, use.in, between, sign, false);
    dilate_signed(cpu, d, use, between, use.out, -sign, true);
}
