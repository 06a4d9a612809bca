/* k-means clustering. */
#ifndef GB_ENGINE_KMEANS_H
#define GB_ENGINE_KMEANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gb_kmeans {
    size_t points, width, clusters;
    const float *point;         /* [points, width] */
    /* What gb_kmeans_run() writes; the caller's memory: */
    int *cluster;               /* [points] */
    double *centre;             /* [clusters, width] */
    double inertia;             /* Σ squared distance of each point from the centre of its cluster */
    int iterations;
} gb_kmeans;

/* As kmeans_pytorch does it: from the points `initial` [clusters] as centres, each iteration assigns every point to the nearest
 * centre (ties to the lower number) and moves the centres to the means, until (Σ distance moved)² < 1e-4; the assignment is
 * that of before the last move. A cluster without points takes a point drawn from `seed`. False if out of memory. */
bool gb_kmeans_from(gb_kmeans *k, const size_t *initial, uint64_t seed);
/* The best of `restarts` runs, each from centres drawn by k-means++ (Arthur and Vassilvitskii 2007) and run until no assignment
 * changes. Clusters are numbered by size, the largest first. */
bool gb_kmeans_best(gb_kmeans *k, int restarts, uint64_t seed);

#endif
