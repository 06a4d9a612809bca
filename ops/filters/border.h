/* What lies outside a map, for filters that look there:
 *     zeros 0000|abcd|0000    edge aaaa|abcd|dddd    reflect dcba|abcd|dcba    wrap abcd|abcd|abcd */
#ifndef GB_FILTERS_BORDER_H
#define GB_FILTERS_BORDER_H

#include <stddef.h>

typedef enum gb_border { GB_BORDER_ZEROS, GB_BORDER_EDGE, GB_BORDER_REFLECT, GB_BORDER_WRAP } gb_border;

extern const char *const gb_border_names[];

#define GB_BORDER(otherwise) \
    {"border", "what lies outside the map", otherwise, 0.0f, GB_BORDER_WRAP, true, gb_border_names}

/* The pixel that stands for pixel i of a row (or column) of `size`, at most 2^29 of them; −1 = zero. */
static inline int gb_border_pixel(gb_border border, int i, int size) {
    if (i >= 0 && i < size)
        return i;
    int period = border == GB_BORDER_REFLECT ? 2 * size : size, j = i % period;
    j += j < 0 ? period : 0;
    switch (border) {
    case GB_BORDER_ZEROS:   return -1;
    case GB_BORDER_EDGE:    return i < 0 ? 0 : size - 1;
    case GB_BORDER_REFLECT: return j < size ? j : period - 1 - j;
    case GB_BORDER_WRAP:    return j;
    }
    return -1;
}

#endif
