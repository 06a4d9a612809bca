/* Clusters of similar feature maps. */
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

#endif
