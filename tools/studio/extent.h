/* What many values have in common: their ends, mean and deviation. Values that are not finite are counted apart. */
#ifndef GANBEND_STUDIO_EXTENT_H
#define GANBEND_STUDIO_EXTENT_H

#include <stddef.h>

typedef struct extent {
    float low, high;            /* of finite values; low > high if no value is finite */
    size_t finite, nan, zeros;  /* nan: includes infinities */
    double sum, squares;
} extent;

extent measure(const float *values, size_t count);
/* 0 if no value is finite. */
double extent_mean(const extent *e);
double extent_deviation(const extent *e);
/* The root of the mean square. */
double extent_energy(const extent *e);

/* Pixel (y, x) of a map [h, w] resized to [rows, columns]: the mean of the finite values it covers, NaN if it covers no finite value. */
float area_mean(const float *map, size_t h, size_t w, size_t rows, size_t columns, size_t y, size_t x);

#endif
