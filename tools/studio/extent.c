/* Sums over the values of a layer. */
#include "extent.h"

#include <math.h>

extent measure(const float *values, size_t count) {
    extent e = {.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < count; i++) {
        float x = values[i];
        if (!isfinite(x)) {
            e.nan++;
            continue;
        }
        if (x < e.low) e.low = x;
        if (x > e.high) e.high = x;
        e.zeros += x == 0;
        e.sum += (double)x;
        e.squares += (double)x * (double)x;
    }
    e.finite = count - e.nan;
    return e;
}

double extent_mean(const extent *e) {
    return e->finite ? e->sum / (double)e->finite : 0;
}

double extent_deviation(const extent *e) {
    double mean = extent_mean(e), variance = e->finite ? e->squares / (double)e->finite - mean * mean : 0;
    return variance > 0 ? sqrt(variance) : 0;
}

double extent_energy(const extent *e) {
    return e->finite ? sqrt(e->squares / (double)e->finite) : 0;
}

float area_mean(const float *map, size_t h, size_t w, size_t rows, size_t columns, size_t y, size_t x) {
    size_t y0 = y * h / rows, y1 = (y + 1) * h / rows, x0 = x * w / columns, x1 = (x + 1) * w / columns, n = 0;
    double sum = 0;
    if (y1 <= y0) y1 = y0 + 1;
    if (x1 <= x0) x1 = x0 + 1;
    for (size_t i = y0; i < y1; i++) {
        for (size_t k = x0; k < x1; k++) {
            if (!isfinite(map[i * w + k])) continue;
            sum += (double)map[i * w + k];
            n++;
        }
    }
    return n ? (float)(sum / (double)n) : NAN;
}
