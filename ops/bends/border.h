/* Values outside a map, for filters that read there:
 *     zeros 0000|abcd|0000    edge aaaa|abcd|dddd    reflect dcba|abcd|dcba    wrap abcd|abcd|abcd */
#ifndef GB_FILTERS_BORDER_H
#define GB_FILTERS_BORDER_H

#include <stddef.h>

#include "ops/real.h"

typedef enum gb_border { GB_BORDER_ZEROS, GB_BORDER_EDGE, GB_BORDER_REFLECT, GB_BORDER_WRAP } gb_border;

extern const char *const gb_border_names[];

#define GB_BORDER(default_value) \
    {"border", "values outside the map", default_value, 0.0f, GB_BORDER_WRAP, true, gb_border_names}

int gb_border_outside(gb_border border, int i, int size);

/* The pixel that replaces pixel i of a row or column of `size` pixels, |i| at most 2^30; −1 = zero. */
static inline int gb_border_pixel(gb_border border, int i, int size) {
    return i >= 0 && i < size ? i : gb_border_outside(border, i, size);
}

#endif
