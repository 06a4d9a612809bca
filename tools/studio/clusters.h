/* Clusters of similar feature maps, by k-means. */
#ifndef GANBEND_STUDIO_CLUSTERS_H
#define GANBEND_STUDIO_CLUSTERS_H

#include <stdatomic.h>
#include <stddef.h>

#include <ganbend.h>

/* Writes the cluster of each of the maps [channels, h, w] to `cluster`: numbers from 0, the largest cluster first. There
 * are `count` clusters, or fewer if there are fewer maps. The same maps always give the same clusters. Returns
 * GB_CANCELLED soon after *stop is set. */
gb_status cluster_maps(const float *maps, size_t channels, size_t h, size_t w, int count, int *cluster,
                       const atomic_bool *stop, gb_error *err);
/* The value of pixel (y, x) of a map [h, w] resized to [rows, columns]: the mean of the finite values it covers, or 0. */
float area_mean(const float *map, size_t h, size_t w, size_t rows, size_t columns, size_t y, size_t x);

#endif
