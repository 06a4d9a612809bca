/* Which pixels of the input an output pixel of a resize reads, for all of its rows. */
#ifndef GB_OPS_RESIZE_H
#define GB_OPS_RESIZE_H

#include "ops/ops.h"

/* Pixels first … first + count − 1 of one direction. Bilinear: the second of two has the weight `fraction`. Area: all
 * have the same. */
typedef struct gb_resize_span {
    int first, count;
    double fraction;
} gb_resize_span;

/* For output i of `to`, from an input of `from` pixels. */
gb_resize_span gb_resize_span_at(gb_resize_mode mode, int from, int to, int i);

#endif
