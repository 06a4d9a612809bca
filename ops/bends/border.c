/* Borders: the pixel of a map that replaces one outside it. */
#include "ops/bends/border.h"

const char *const gb_border_names[] = {"zeros", "edge", "reflect", "wrap", NULL};

int gb_border_outside(gb_border border, int i, int size) {
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
