/* The layers that are clustered, and the maps of their samples: shared by the methods. */
#ifndef GB_ENGINE_CLUSTERING_H
#define GB_ENGINE_CLUSTERING_H

#include "engine/ganbend_analysis.h"
#include "kept.h"

enum {
    GB_EMBEDDING = 10,          /* numbers in which a classifier of network-bending embeds a map */
    GB_PUBLISHED_LAYERS = 12    /* the layers that have classifiers if none are named: 1 to 12 */
};

typedef struct gb_clustered_layer {
    gb_node node;
    char *name;
    int number, clusters;
    size_t channels, h, w;
    int *cluster;               /* [channels] */
    double between;
    float *embedding;           /* PUBLISHED: [channels, GB_EMBEDDING] */
} gb_clustered_layer;

struct gb_clustering {
    gb_clustered_layer *layers;
    size_t count;
};

/* Chooses the layers: nodes that match `at`, or if it is NULL those that network-bending clusters. `clusters` of each, 0 =
 * network-bending's number. */
gb_status gb_clustering_choose(gb_clustering *c, const gb_model *model, const char *at, int clusters, gb_error *err);
/* Drops all layers but the first `count`. */
void gb_clustering_keep(gb_clustering *c, size_t count);
/* Renders `samples` images as the options say and calls `add` with the maps [channels, h, w] of each layer and image. Progress
 * goes from 0 to `share`. `kept` has the blocks in which `add` adds up, and for the classifiers a signature; this function adds
 * the rest, goes on from what is in its file, and ends it. */
typedef gb_status gb_add_maps(void *arg, size_t layer, const float *maps, gb_error *err);
gb_status gb_clustering_sample(const gb_clustering *c, gb_model *model, const gb_cluster_options *o, size_t samples, double share,
                               gb_add_maps *add, void *arg, gb_kept *kept, gb_error *err);
gb_status gb_clustering_progress(const gb_cluster_options *o, double share, gb_error *err);
/* The share of the variance of points [n, width] that is between clusters, `inertia` being what is within. */
double gb_share_between(const float *point, size_t n, size_t width, double inertia);

/* The methods: they set the clusters of all layers. */
gb_status gb_cluster_by_correlation(gb_clustering *c, gb_model *model, const gb_cluster_options *o, gb_error *err);
gb_status gb_cluster_by_classifiers(gb_clustering *c, gb_model *model, const gb_cluster_options *o, gb_error *err);

#endif
