/* Feature maps that look alike, found by k-means. */
#ifndef GANBEND_STUDIO_CLUSTERS_H
#define GANBEND_STUDIO_CLUSTERS_H

#include <stdatomic.h>
#include <stddef.h>

#include <ganbend.h>

/* The cluster of each of `channels` maps [channels, h, w] into `cluster`, from 0, the largest first; fewer than `count`
 * where there are fewer maps. The same maps always give the same clusters. GB_CANCELLED soon after *stop is set. */
gb_status cluster_maps(const float *maps, size_t channels, size_t h, size_t w, int count, int *cluster,
                       const atomic_bool *stop, gb_error *err);
/* The mean of what pixel (y, x) of a map brought to rows x columns covers of the map [h, w]; 0 for what is not finite. */
float area_mean(const float *map, size_t h, size_t w, size_t rows, size_t columns, size_t y, size_t x);

#endif
