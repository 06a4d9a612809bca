/* The rows of all filters, and parameters that several filters have in common. Private to ops/bends/. */
#ifndef GB_FILTERS_ROWS_H
#define GB_FILTERS_ROWS_H

#include <math.h>

#include "ops/bends/filters.h"

extern const gb_filter gb_filter_ablate, gb_filter_invert, gb_filter_multiply, gb_filter_add, gb_filter_threshold,
    gb_filter_clamp, gb_filter_quantise;                                                        /* pointwise.c */
extern const gb_filter gb_filter_translate, gb_filter_scale, gb_filter_rotate, gb_filter_shear, gb_filter_affine,
    gb_filter_resize_crop;                                                                      /* affine.c */
extern const gb_filter gb_filter_reflect_h, gb_filter_reflect_v;                                /* reflect.c */
extern const gb_filter gb_filter_erode, gb_filter_dilate, gb_filter_opening, gb_filter_closing; /* morphology.c */
extern const gb_filter gb_filter_blur, gb_filter_sharpen, gb_filter_sobel;                      /* convolution.c */
extern const gb_filter gb_filter_noise;                                                         /* noise.c */
extern const gb_filter gb_filter_normalise;                                                     /* normalise.c */
extern const gb_filter gb_filter_shuffle, gb_filter_roll;                                       /* channels.c */

/* The last parameter of every row. */
#define GB_MIX {"mix", "share of the result; the rest is the original", 1.0f, 0.0f, 1.0f, false, NULL}

/* Seeds are integers that a float can represent. */
#define GB_SEED {"seed", "seed of the random numbers", 0.0f, 0.0f, 16777216.0f, true, NULL}

#endif
