/* ganbend_analysis.h: find out what a generator's latents, layers and feature maps do.
 *
 * These functions are in libganbend unless it was built with GANBEND_ANALYSIS=OFF. Long work calls `progress` with the share
 * that is done, from 0 to 1; if that returns false, the function returns GB_CANCELLED. Everything else is as ganbend.h says. */
#ifndef GANBEND_ANALYSIS_H
#define GANBEND_ANALYSIS_H

#include "ganbend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------- finding directions */

typedef enum gb_direction_method {
    GB_DIRECTIONS_PCA,          /* principal components of w's, or of a layer's values with the latents that belong to them
                                 * by least squares (GANSpace, Härkönen et al. 2020) */
    GB_DIRECTIONS_SEFA,         /* eigenvectors of W Wᵀ, W the layers' style weights with each row of length 1 (closed-form
                                 * factorization, Shen and Zhou 2021) */
    GB_DIRECTIONS_FACTOR        /* right singular vectors of the style weights as they are, ToRGB of the first block
                                 * included (rosinality's closed_form_factorization.py) */
} gb_direction_method;

typedef struct gb_direction_options {
    size_t size;            /* sizeof the struct, see "Options" in ganbend.h */
    gb_direction_method method;
    int count;                  /* 0 = 10 */
    const char *at;             /* PCA: a node; NULL = the w's */
    size_t samples;             /* PCA: images; 0 = 10,000 for w's and 500 for another node */
    uint64_t seed;              /* PCA: z's are drawn from `seed`, `seed` + 1, …, as gb_session_seed() does, */
    const float *z;             /* or are these: [samples, z_dim] */
    int first_layer, last_layer;        /* SEFA, FACTOR: GB_ROLE_LAYER numbers; last_layer 0 = to the last */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
} gb_direction_options;

/* Finds directions, the most important first, of length 1, defined up to sign: the value of largest magnitude is positive.
 * They are of w, or of z where a network has no w's. `deviation` is that of the samples' latents along the direction (PCA),
 * or 1. PCA of w's and SEFA and FACTOR are exact; PCA of another node with more than 1024 values is incremental, in batches
 * of 100 images, and takes 4 · (2 count + 200) bytes for each of its values. */
GB_API gb_status gb_find_directions(gb_model *model, const gb_direction_options *options, gb_directions **directions,
                                    gb_error *err);

/* ---------------------------------------------------------------------------------------------------- clusters
 * Feature maps of a layer that show the same things in the same places. */

typedef struct gb_clustering gb_clustering;

typedef struct gb_cluster_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const char *at;             /* nodes with feature maps, by name, alias or glob; NULL = the layers that network-bending
                                 * clusters: GB_ROLE_LAYER 1 and up */
    int clusters;               /* of each layer; 0 = network-bending's: 5 for layers up to 8, 4 up to 12, 3 above */
    size_t samples;             /* images; 0 = 100 */
    uint64_t seed;              /* z's are drawn from `seed`, `seed` + 1, …, as gb_session_seed() does, */
    const float *z;             /* or are these: [samples, z_dim] */
    float psi;                  /* truncation of the samples; 0 = 1, none */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
} gb_cluster_options;

typedef struct gb_layer_clusters {
    gb_node node;
    const char *name;
    int layer;                  /* network-bending's number, or -1 */
    int channels, clusters;
    const int *cluster;         /* [channels], from 0; by size, the largest first */
    double between;             /* share of the variance that is between clusters, 0 to 1 */
} gb_layer_clusters;

/* Clusters the maps of each layer by their correlation over all pixels of all samples: the maps, reduced to at most 16×16 by
 * averaging, are standardised and become points whose products are the correlations; k-means (the best of 50 runs from
 * k-means++) finds clusters among their first 20 principal coordinates. Takes 8 channels² bytes for each layer. */
GB_API gb_status gb_find_clusters(gb_model *model, const gb_cluster_options *options, gb_clustering **clustering, gb_error *err);
GB_API void gb_clustering_free(gb_clustering *clustering);
GB_API size_t gb_clustering_layers(const gb_clustering *clustering);
/* Past the end everything is zero and the name is empty. The arrays belong to the clustering. */
GB_API void gb_clustering_layer(const gb_clustering *clustering, size_t index, gb_layer_clusters *layer);
/* Writes network-bending's YAML, layers without a number under their nodes' names; `features: {cluster: …}` of recipes and
 * gb_recipe_set_clusters() read it. */
GB_API gb_status gb_clustering_save(const gb_clustering *clustering, const char *path, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- units */

enum { GB_UNIT_BENDS = 8 };

typedef struct gb_unit_bend {
    const char *filter;         /* name and parameters of a filter */
    const float *params;
    int param_count;
} gb_unit_bend;

typedef struct gb_unit_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const char *at;             /* a node with feature maps; each map is a unit */
    size_t samples;             /* images; 0 = 4 */
    uint64_t seed;              /* z's are drawn from `seed`, `seed` + 1, …, as gb_session_seed() does, */
    const float *z;             /* or are these: [samples, z_dim] */
    int label;                  /* class of all samples; negative: each class in turn */
    float psi;                  /* truncation of the samples; 0 = 1, none */
    const gb_unit_bend *bends;  /* NULL = gb_unit_default_bends() */
    int bend_count;             /* at most GB_UNIT_BENDS */
    const float *mask;          /* [H, W] of the picture, 0 to 1: the region of interest; NULL = all of it */
    double quantile;            /* of a unit's values, the threshold above which it is on; 0 = 0.995 */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
} gb_unit_options;

/* What one feature map does. Differences are means of |picture − bent picture| over channels and pixels, in units of the
 * picture (-1 to 1). */
typedef struct gb_unit {
    float mean;                 /* of its values */
    float effect[GB_UNIT_BENDS], effect_in_mask[GB_UNIT_BENDS];     /* difference by each bend, everywhere and in the mask */
    float replaced, replaced_in_mask;       /* the same if all its values become their mean */
    float attribution;          /* Σ value · ∂f/∂value, f being the mean of the picture in the mask; mean over the samples */
    float threshold;            /* the quantile of its values */
    float overlap;              /* intersection over union of the mask and the pixels where it is above the threshold */
} gb_unit;

/* Ablation, inversion, five times the strength, and dilation: a map's part often shows in one of these only. */
GB_API const gb_unit_bend *gb_unit_default_bends(int *count);
/* Measures every map of a layer into `units` [channels]: bends it alone in each sample, and attributes the picture to it by its
 * gradient. Renders what follows the layer samples · channels · (bends + 1) times; keeps the layer's values of all samples, at
 * most 1 GiB. */
GB_API gb_status gb_measure_units(gb_model *model, const gb_unit_options *options, gb_unit *units, gb_error *err);
/* Reads a PNG as a mask [height, width]: luma times opacity, 0 to 1, scaled by nearest neighbour. */
GB_API gb_status gb_read_mask(const char *path, int height, int width, float *mask, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- rounding errors */

/* Gets a node's values in float64: [batch, shape…], valid during the call. */
typedef void gb_float64_reader(void *arg, gb_node node, const double *values);

/* Computes all tapped nodes in float64, with the session's inputs, settings, feeds and bends, and passes each to `read`, in
 * execution order. The plain rows do it, with every weight, input and constant (gains, truncation, parameters of bends) as
 * float32 has it: what gb_session_read() gives differs from these values by the rounding errors of float32 alone. It runs on
 * the CPU and takes about as long as GANBEND_ISA=plain. Fused layers, buffers of the session and values read earlier are
 * not used. Afterwards taps must be rendered again before they are read. GB_BAD_ARGUMENT if nothing is tapped, if an input
 * has not been set, or if a needed layer has a callback, which works on float32. It can be cancelled, and reports progress,
 * as a render. */
GB_API gb_status gb_session_float64(gb_session *session, gb_float64_reader *read, void *arg, gb_error *err);

#ifdef __cplusplus
}
#endif

#endif
