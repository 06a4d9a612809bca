/* Tables that filters compute from their parameters once per run, and the values of their choices. gb_filter.prepare
 * writes the tables on the host; the loops of ops/bends/ and the kernels of a device read them. */
#ifndef GB_FILTERS_PREPARED_H
#define GB_FILTERS_PREPARED_H

#include <stdbool.h>

#include "ops/bends/border.h"

/* blur, sharpen: weights of the pixels at −reach … reach. */
enum { GB_MAX_REACH = 256 };
typedef struct gb_gaussian {
    int reach;
    float weight[2 * GB_MAX_REACH + 1];
} gb_gaussian;

/* sobel */
typedef enum gb_gradient { GB_GRADIENT_MAGNITUDE, GB_GRADIENT_X, GB_GRADIENT_Y } gb_gradient;

/* erode, dilate, opening, closing: the reach of the element in a row at distance dy. */
enum { GB_MAX_RADIUS = 1024 };
typedef struct gb_element {
    int radius;
    int reach[GB_MAX_RADIUS + 1];   /* by dy; decreasing from radius */
} gb_element;

/* translate, scale, rotate, shear, affine, resize-crop, in pixels: x' = xx·x + xy·y + x1, y' = yx·x + yy·y + y1. */
typedef struct gb_matrix { double xx, xy, x1, yx, yy, y1; } gb_matrix;
typedef enum gb_sampling { GB_OPENCV, GB_NEAREST, GB_BILINEAR, GB_BICUBIC } gb_sampling;
typedef struct gb_affine {
    gb_matrix inverse;
    bool singular;
    gb_sampling sampling;
    gb_border border;
} gb_affine;

/* noise: all samples of a batch get the same noise, or each its own. */
enum { GB_SAMPLES_ALIKE, GB_SAMPLES_OWN };

#endif
