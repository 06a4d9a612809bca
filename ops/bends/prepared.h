/* What filters prepare once per run out of their parameters, and the numbers of their choices: written on the host by
 * gb_filter.plan, read by the filter's loops here and by its kernels on a device. */
#ifndef GB_FILTERS_PLANS_H
#define GB_FILTERS_PLANS_H

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

/* erode, dilate, opening, closing: how far the element reaches along a row that is dy away. */
enum { GB_MAX_RADIUS = 1024 };
typedef struct gb_element {
    int radius;
    int reach[GB_MAX_RADIUS + 1];   /* falling, from radius on */
} gb_element;

/* translate, scale, rotate, shear, affine, resize-crop, in pixels: x' = xx·x + xy·y + x1, y' = yx·x + yy·y + y1. */
typedef struct gb_matrix { double xx, xy, x1, yx, yy, y1; } gb_matrix;
typedef enum gb_sampling { GB_OPENCV, GB_NEAREST, GB_BILINEAR, GB_BICUBIC } gb_sampling;
typedef struct gb_affine_plan {
    gb_matrix inverse;
    bool singular;
    gb_sampling sampling;
    gb_border border;
} gb_affine_plan;

/* noise: whether the samples of a batch get the same or each its own. */
enum { GB_SAMPLES_ALIKE, GB_SAMPLES_OWN };

#endif
