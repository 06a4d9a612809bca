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
    int first_layer, layer_count;       /* SEFA, FACTOR: GB_ROLE_LAYER numbers from first_layer on; layer_count 0 = to the last */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
    const char *state;          /* PCA: an .npz in which what is done is kept, every 30 seconds and when the work is cancelled: the same
                                 * call goes on from it, and removes it at its end. NULL = none */
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

typedef enum gb_cluster_method {
    GB_CLUSTERS_CORRELATION,    /* maps that rise and fall together; nothing is trained */
    GB_CLUSTERS_PUBLISHED       /* network-bending's (Broad et al. 2021): a classifier embeds each map alone */
} gb_cluster_method;

typedef struct gb_cluster_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const char *at;             /* nodes with feature maps, by name, alias or glob; NULL = the layers that network-bending
                                 * clusters: GB_ROLE_LAYER 1 and up, PUBLISHED: 1 to 12 */
    int clusters;               /* of each layer; 0 = network-bending's: 5 for layers up to 8, 4 up to 12, 3 above */
    size_t samples;             /* images; 0 = 100, PUBLISHED: 1000 */
    uint64_t seed;              /* z's are drawn from `seed`, `seed` + 1, …, as gb_session_seed() does, */
    const float *z;             /* or are these: [samples, z_dim] */
    float psi;                  /* truncation of the samples; 0 = 1, none; PUBLISHED: 0.5 */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
    gb_cluster_method method;
    /* Sets everything that a sample depends on, instead of seed, z, psi and noise; sessions have a batch of 1. May be NULL. */
    gb_status (*inputs)(void *arg, size_t sample, gb_session *session, gb_error *err);
    void *inputs_arg;
    /* PUBLISHED: */
    /* Opens the classifier for the layer with that number (-1: without a number). The model stays the caller's, who closes it
     * after gb_find_clusters(). */
    gb_status (*classifier)(void *arg, int layer, gb_model **model, gb_error *err);
    void *classifier_arg;
    bool stored_noise;          /* the stored maps of noise; otherwise they are drawn for each sample, as published */
    bool stored_statistics;     /* the classifiers' stored statistics; otherwise each map's own, as published */
    const size_t *initial;      /* [clusters] maps at which k-means begins in each layer; NULL = drawn from `seed` */
    const char *state;          /* as in gb_direction_options */
} gb_cluster_options;

typedef struct gb_layer_clusters {
    gb_node node;
    const char *name;
    int layer;                  /* network-bending's number, or -1 */
    int channels, clusters;
    const int *cluster;         /* [channels], from 0; CORRELATION: by size, the largest first */
    double between;             /* share of the variance that is between clusters, 0 to 1 */
    const float *embedding;     /* PUBLISHED: [channels, embedding_width], mean over the samples; otherwise NULL */
    int embedding_width;
} gb_layer_clusters;

/* CORRELATION clusters the maps of each layer by their correlation over all pixels of all samples, the maps reduced to at most 16×16
 * by averaging: spectral clustering (Ng, Jordan, Weiss 2001) with the positive correlations as affinities, and k-means as the best of
 * 50 runs from k-means++. Takes 16 channels² bytes for each layer.
 *
 * PUBLISHED embeds each map of each sample by the layer's classifier, averages the embeddings over the samples, and clusters the
 * maps by k-means as kmeans_pytorch does: one run from `initial`, the numbers of the clusters in its order. */
GB_API gb_status gb_find_clusters(gb_model *model, const gb_cluster_options *options, gb_clustering **clustering, gb_error *err);
/* The nodes that gb_find_clusters() clusters with these options, in its order: so that they can be clustered one by one, with the
 * same result. At most `room` are written to `layers`, which may be NULL if it is 0; *count is how many there are. */
GB_API gb_status gb_cluster_layers(gb_model *model, const gb_cluster_options *options, gb_node *layers, size_t room, size_t *count,
                                   gb_error *err);
GB_API void gb_clustering_free(gb_clustering *clustering);
GB_API size_t gb_clustering_layers(const gb_clustering *clustering);
/* Past the end everything is zero and the name is empty. The arrays belong to the clustering. */
GB_API void gb_clustering_layer(const gb_clustering *clustering, size_t index, gb_layer_clusters *layer);
/* Clusters the maps [channels, height, width] of one picture as CORRELATION does, leaving out values that are not finite, into
 * `cluster` [channels]; fewer than `clusters` if there are fewer maps. `progress` may be NULL. */
GB_API gb_status gb_cluster_maps(const float *maps, int channels, int height, int width, int clusters,
                                 bool (*progress)(void *arg, double share), void *progress_arg, int *cluster, gb_error *err);
/* Writes network-bending's YAML, layers without a number under their nodes' names; `features: {cluster: …}` of recipes and
 * gb_recipe_set_clusters() read it. */
GB_API gb_status gb_clustering_save(const gb_clustering *clustering, const char *path, gb_error *err);

typedef struct gb_effect_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    size_t samples;             /* images; 0 = 8 */
    uint64_t seed;              /* z's are drawn from `seed`, `seed` + 1, … */
    float psi;                  /* truncation of the samples; 0 = 1, none */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
} gb_effect_options;

/* Means of the correlation between the effects of two maps, over pairs in one cluster and in different ones. */
typedef struct gb_cluster_effects {
    double within, between;
} gb_cluster_effects;

/* Measures whether the maps of a cluster change the same places of the picture, which is why they are bent together. The effect of
 * a map is how much each of 16×16 places of each image changes when the map alone is set to 0. Random clusters have within =
 * between; the larger the difference, the more a cluster acts on one thing. `effects` has one element for each layer of the
 * clustering. Renders what follows a layer samples · channels times; takes 1 KiB for each map and image. */
GB_API gb_status gb_measure_cluster_effects(gb_model *model, const gb_clustering *clusters, const gb_effect_options *options,
                                            gb_cluster_effects *effects, gb_error *err);

typedef struct gb_classifier_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const char *at;             /* layers; NULL = network-bending's 1 to 12 */
    const char *folder;         /* an existing folder, which gets classifierK_final.gbw for layer K, and while it is trained its
                                 * maps and state */
    bool paper;                 /* the paper's numbers instead of the published script's: 100 epochs instead of 50; batches of 500
                                 * for layers 1 to 6, then 200, 80, 50, 20 and 10 by pairs, instead of 100; and the maps of 100
                                 * more images to look at instead of a tenth of all maps */
    size_t images;              /* 0 = 1000 */
    int epochs, batch;          /* 0 = as above */
    float psi;                  /* truncation of the images; 0 = 0.5 */
    bool stored_noise;          /* the stored maps of noise; otherwise drawn for each image, as published */
    uint64_t seed;              /* of z's (seed, seed + 1, …), noise, weights and order */
    /* Gets lines: first, with epoch 0, the estimated time, then each epoch's result. May be NULL. */
    void (*note)(void *arg, int epoch, const char *line);
    void *note_arg;
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
} gb_classifier_options;

/* Trains a classifier for each layer to tell its feature maps apart, one map at a time: network-bending's FeatureClassifier, mean
 * cross-entropy, Adam with a rate of 1e-4, normalisation by the statistics of each batch. Layers whose classifier is in the folder
 * are left alone. A run that ended early goes on where it was, with the same numbers.
 *
 * A layer's maps are kept in a file of the folder until it is trained: images · maps · side² bytes. Memory is that of one batch
 * in a session with the purpose GB_GRADIENT, and 4 bytes for each map of each image. */
GB_API gb_status gb_train_classifiers(gb_model *model, const gb_classifier_options *options, gb_error *err);

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
    const char *state;          /* as in gb_direction_options */
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

/* ---------------------------------------------------------------------------------------------------- projection
 * The latent whose picture is nearest to a given one, by gradient descent:
 *
 *     gb_projection *projection;
 *     gb_projection_new(model, &(gb_projection_options){.target = photo, .target_height = 256, .target_width = 256},
 *                       &projection, err);
 *     gb_projection_run(projection, err);
 *     gb_projection_latents(projection, w);
 *     gb_projection_free(projection); */

typedef struct gb_projection gb_projection;

typedef enum gb_projection_schedule {
    GB_PROJECT_FAST,            /* ours: starts from the four nearest of 256 samples, compares small running pictures first, and
                                 * stops when nothing improves any more. Noise maps stay the stored ones, so that the latent
                                 * alone gives the picture */
    GB_PROJECT_ROSINALITY,      /* rosinality's and network-bending's projector.py: starts from the mean w, moves w and the
                                 * noise maps */
    GB_PROJECT_NVIDIA           /* NVIDIA's projector.py of StyleGAN2-ADA and 3: the same but for the scale of noise maps */
} gb_projection_schedule;

typedef enum gb_projection_space {
    GB_PROJECT_W,               /* one w for all layers */
    GB_PROJECT_W_PLUS,          /* a w for each layer; not with NVIDIA */
    GB_PROJECT_Z                /* z, and in conditional networks the mixture of classes. The published projectors have none:
                                 * their schedules move it as they move w, from the mean of the samples, their rate also that
                                 * of the classes' logits, which begin equal */
} gb_projection_space;

typedef struct gb_projection_state {
    size_t step, steps;         /* steps done, and in all at most */
    bool done;
    double share;               /* of the work, 0 to 1, preparations included */
    /* Of the last step, before it moved anything: */
    double loss;                /* weighted sum of the following */
    double features, mse, scales, noise;    /* LPIPS, mean squared error, built-in measure, regularisation of noise maps; before
                                             * they are weighted; 0 if not used */
    double rate;                /* the step's learning rate */
    const float *picture;       /* [channels, height, width], -1 to 1; NULL before the first step. Small at first with FAST */
    int channels, height, width;
    const float *gradient;      /* of the loss with respect to the latents, [rows, latent_dim] */
    int rows;                   /* of the latents: 1, or num_ws with W_PLUS */
    int64_t latent_dim;         /* w_dim or z_dim */
} gb_projection_state;

typedef struct gb_projection_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    gb_projection_schedule schedule;
    gb_projection_space space;  /* networks without w's have Z alone */
    const float *target;        /* [3, target_height, target_width], -1 to 1; the network's size, or smaller: then pictures are
                                 * reduced to it by averaging before they are compared */
    int target_height, target_width;
    int compared_side;          /* pictures larger than this are reduced by whole factors before they are compared; 0 = 256 with
                                 * LPIPS, as published, and no limit without */
    const float *mask;          /* [target_height, target_width], 0 to 1: only this region is compared; NULL = all of it */
    gb_model *lpips;            /* compare by LPIPS: a network of `ganbend convert --lpips`, whose size of pictures is set.
                                 * NULL = by the built-in measure: mean absolute difference of pixels and of neighbouring
                                 * pixels' differences, over scales of 1, 1/2, 1/4, … */
    double mse;                 /* weight of the mean squared error, added to that */
    size_t steps;               /* 0 = 1000; with FAST at most 200 */
    uint64_t seed;              /* of the random numbers below, as torch draws them */
    int label;                  /* class; negative: samples have each class in turn */
    size_t samples;             /* for the mean w 10,000; with FAST, to start from, 256; 0 = these */
    /* Random numbers that would be drawn otherwise: */
    const float *z;             /* [samples, z_dim]; NVIDIA: RandomState(123).randn */
    const float *w_avg;         /* [latent_dim] mean w or z; with `w_std`, the samples' standard deviation, no z's are needed */
    double w_std;
    const float *start;         /* [rows, latent_dim] instead of the mean w or the nearest sample */
    const float *noise;         /* the noise maps to start from, one after another */
    const float *latent_noise;  /* [steps, rows, w_dim] added to the latents in each step, before it is scaled */
    /* Called after every step, and while the start is prepared; may be NULL. If it returns false, gb_projection_new() fails
     * with GB_CANCELLED and gb_projection_run() stops with it, after which it can go on. */
    bool (*progress)(void *arg, const gb_projection_state *state);
    void *progress_arg;
} gb_projection_options;

/* Draws the samples and prepares the start. What `options` points to is copied, except the networks. Takes the memory of a
 * session with the purpose GB_GRADIENT for each network. */
GB_API gb_status gb_projection_new(gb_model *model, const gb_projection_options *options, gb_projection **projection,
                                   gb_error *err);
GB_API void gb_projection_free(gb_projection *projection);
/* One step; nothing if it is done. */
GB_API gb_status gb_projection_step(gb_projection *projection, gb_error *err);
/* Steps until it is done. */
GB_API gb_status gb_projection_run(gb_projection *projection, gb_error *err);
/* The state; its picture and gradient are valid until the next step. */
GB_API void gb_projection_state_of(const gb_projection *projection, gb_projection_state *state);
/* The result so far, [rows, latent_dim]: w's as gb_session_set_ws() takes them, or a z. With FAST the best so far. */
GB_API void gb_projection_latents(const gb_projection *projection, float *latents);
/* The mixture of classes that belongs to it, [classes]; GB_BAD_ARGUMENT if the network has no classes. */
GB_API gb_status gb_projection_label(const gb_projection *projection, float *label, gb_error *err);
/* The input that holds noise map `index`, and the map [height, width] as it is now, with FAST as it is stored; false past the
 * last. */
GB_API bool gb_projection_noise(const gb_projection *projection, size_t index, gb_node *input, const float **map);
/* The picture of the result, [channels, H, W], with the projection's noise maps or the network's own. */
GB_API gb_status gb_projection_render(gb_projection *projection, bool own_noise, float *picture, gb_error *err);
typedef enum gb_projection_form {
    GB_PROJECTION_ROSINALITY,           /* {photo: {img, latent, noise}}, as projector.py writes it */
    GB_PROJECTION_NETWORK_BENDING       /* {noises, latent, photo: {img, latent}} */
} gb_projection_form;
/* Writes the result, its noise maps and its picture as a torch file; `photo` is the name in it. Not with Z. */
GB_API gb_status gb_projection_export(gb_projection *projection, const char *path, gb_projection_form form, const char *photo,
                                      gb_error *err);
/* Writes everything that later steps depend on to an .npz, and reads it into a projection made with the same options, which then
 * goes on with the same bits. GB_BAD_FILE if it belongs to another model, target or other options. */
GB_API gb_status gb_projection_save(const gb_projection *projection, const char *path, gb_error *err);
GB_API gb_status gb_projection_restore(gb_projection *projection, const char *path, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- tileability */

typedef struct gb_tileability_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const char *at;             /* a node with feature maps; its pixels are the vectors */
    gb_model *features;         /* a network that looks at pictures; its picture size is set. NULL = the built-in features:
                                 * edges at three scales in four directions, and colours, averaged over tiles of 8×8 pixels */
    const char *features_at;    /* its layer; NULL = layer2 of a ResNet, which MONAI calls features.5 */
    int features_size;          /* larger side of the pictures that it looks at; 0 = 256 */
    int grid;                   /* side of the blocks; 0 = 2 */
    int erosion;                /* side of the square by which the mask of the blocks is eroded, odd; 0 = 3, or 1 (none) where
                                 * the features have no more pixels than the layer */
    size_t count;               /* vectors; 0 = 512 */
    uint64_t seed;              /* of the images: `seed`, `seed` + 1, …, as gb_session_seed() does, and of the pixels; */
    const float *z;             /* or the images' z's: [count, z_dim]; */
    const int *pixels;          /* or the pixels' rows and columns: [count, 2] */
    int label;                  /* class of all images; negative: each class in turn */
    float psi;                  /* truncation; 0 = 1, none */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
    const char *state;          /* as in gb_direction_options */
} gb_tileability_options;

/* How two sets of features agree: the cosine of the angle between them, and the mean of |difference|. */
typedef struct gb_agreement { float cosine, l1; } gb_agreement;

typedef struct gb_tileable {
    int rank;                   /* by `blocks.cosine`, 0 for the lowest */
    int y, x;                   /* the pixel that the vector was taken from */
    gb_agreement blocks;        /* of the vector in blocks, averaged over the blocks, with the vector everywhere, averaged over
                                 * the picture: the tileability */
    gb_agreement masked;        /* the same, both averaged over the blocks, as the paper's text has it */
    gb_agreement rolled;        /* the same with the mask moved right by 3 pixels of the features: a control */
    gb_agreement full_source, block_source;     /* of either with the features of the picture, where the vector is from */
} gb_tileable;

/* Ranks activation vectors by how well a texture survives being painted in blocks (the painting paper's tileability). For each
 * image a pixel of the layer is drawn, but not from the last row and column. Its vector is painted on a grid of blocks with one
 * pixel between them (GB_BEND_PAINT), and everywhere; both pictures are looked at. Writes `tileable` [count] and `vectors`
 * [count, C], both in the order in which they were drawn. Renders the layers after `at` three times for each vector. */
GB_API gb_status gb_measure_tileability(gb_model *model, const gb_tileability_options *options, gb_tileable *tileable,
                                        float *vectors, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- inversion */

typedef struct gb_inversion_step {
    int number;                 /* from 0 */
    float loss, cosine;         /* of the vectors before the step */
    const float *gradient;      /* [2, C] of the loss with respect to them */
    const float *vectors;       /* [2, C] after the step */
} gb_inversion_step;

typedef struct gb_inversion_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const char *at;             /* a node with feature maps; its pixels are the vectors */
    gb_model *features;         /* a network that looks at pictures, its layer, and the larger side of the pictures that it */
    const char *features_at;    /* looks at, all as in gb_tileability_options */
    int features_size;
    int grid;                   /* side of the blocks that the first vector fills; 0 = it is everywhere */
    int steps;                  /* of Adam; 0 = 512 */
    double rate;                /* 0 = 0.05 */
    const float *target;        /* [target_count] the wanted features; or NULL: */
    size_t target_count;
    uint64_t target_seed;       /* those at a random pixel of the layer `features_at` of the image of this seed */
    const float *start;         /* [2, C]; or NULL: the values at random pixels of the images of */
    uint64_t start_seed;        /* these seeds: start_seed and start_seed + 1 */
    const float *ws;            /* [num_ws, w_dim] of the layers after `at`; or NULL: those of the image start_seed + 2 */
    int label;                  /* class of the images that are drawn; negative: 0 */
    float psi;                  /* their truncation; 0 = 1, none */
    bool (*step)(void *arg, const gb_inversion_step *step);     /* called after each step; may be NULL. False cancels */
    void *step_arg;
} gb_inversion_options;

/* The shape [C, rows, columns] of features of a generator's pictures: the options are those of gb_tileability_options. */
GB_API gb_status gb_feature_shape(gb_model *model, gb_model *features, const char *features_at, int features_size, int64_t shape[3],
                                  gb_error *err);
/* Finds two activation vectors (Algorithm 1 of the painting paper): painted over the layer, the first in blocks with one pixel
 * between them and the second elsewhere, they give a picture whose features, averaged over all pixels, are `target`. Minimises
 * the mean over the features of |mean − target| by Adam and writes the `vectors` [2, C] of the last step, the loss and cosine
 * that they have, and if it is not NULL the target [features]. Without blocks the second vector stays as it is. */
GB_API gb_status gb_invert_features(gb_model *model, const gb_inversion_options *options, float *vectors, float *loss,
                                    float *cosine, float *target, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- a region of the picture
 * What changes a region most and the rest least. Both functions maximise
 *
 *     log((inside + 0.01) / (outside + 0.01))
 *
 * over some images, inside and outside being the mean |difference| from the unchanged pictures in the region and in the rest, in
 * units of the picture (-1 to 1): the ratio of both, but not of changes so small that nobody sees them. */

typedef struct gb_region_options {
    size_t size;                /* sizeof the struct, see "Options" in ganbend.h */
    const float *mask;          /* [H, W] of the picture, 0 to 1: the region */
    const char *at;             /* units: a node with feature maps */
    float factor;               /* units: the chosen maps are multiplied by this; 0 ablates them */
    int count;                  /* units: at most so many; 0 = 10 */
    int first_layer, layer_count;       /* direction: rows of the w's that it is added to, from first_layer on; layer_count 0 =
                                 * to the last */
    float amount;               /* direction: how far it is followed, both ways, in deviations; 0 = 2 */
    int steps;                  /* of Adam; 0 = 60 */
    size_t samples;             /* images that are searched, rendered as one batch; 0 = 4. As many others are measured */
    uint64_t seed;              /* z's are drawn from `seed`, `seed` + 1, …, as gb_session_seed() does, */
    const float *z;             /* or are these: [2 samples, z_dim] */
    int label;                  /* class of all images; negative: each class in turn */
    float psi;                  /* truncation; 0 = 1, none */
    bool (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
    const char *state;          /* as in gb_direction_options */
} gb_region_options;

/* The mean |difference| in the region and in the rest: of the images that were searched, and of the others. */
typedef struct gb_region_effect { float inside, outside, other_inside, other_outside; } gb_region_effect;

/* Finds a set of feature maps of a layer: Adam moves a share of the change, 0 to 1, for every map; of the maps with the largest
 * shares, three for each that is wanted, the set grows by the best one while the objective grows. Writes `units` [count] in the
 * order in which they were chosen, and how many in *found. */
GB_API gb_status gb_find_region_units(gb_model *model, const gb_region_options *options, int *units, int *found,
                                      gb_region_effect *effect, gb_error *err);
/* Finds a direction of w: a combination of the principal components of w, each in its deviations, of length 1; Adam starts from
 * the best component. Half of the images are moved forwards, half backwards. Adds it to `directions` as `name`; an amount of 1 is
 * one deviation. Only for networks with w's. */
GB_API gb_status gb_find_region_direction(gb_model *model, const gb_region_options *options, const char *name,
                                          gb_directions *directions, gb_region_effect *effect, gb_error *err);

#ifdef __cplusplus
}
#endif

#endif
