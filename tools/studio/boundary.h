/* The values of a boundary as maps: C maps of [H, W], or one map of a matrix [H, W] or a vector [1, W]. */
#ifndef GANBEND_STUDIO_BOUNDARY_H
#define GANBEND_STUDIO_BOUNDARY_H

#include "live.h"

enum { MAX_MAPS = 1 << 14 };

typedef struct boundary {
    gb_node_info info;
    size_t maps, h, w;
    float *values;              /* [maps, h, w] */
} boundary;

/* Renders the recipe and reads the values of the node. boundary_free() may be called after a failure. */
gb_status boundary_read(live *s, const char *recipe, const char *node, boundary *b, gb_error *err);
void boundary_free(boundary *b);

/* The mean of all maps, or the root of their mean square, at each pixel: [h, w], which the caller frees. */
gb_status boundary_combine(const boundary *b, bool squares, float **plane, gb_error *err);

#endif
