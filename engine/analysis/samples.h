/* Samples of a generator: the values of a node, and the latents that they come from, for many z's. */
#ifndef GB_ENGINE_SAMPLES_H
#define GB_ENGINE_SAMPLES_H

#include "engine/ganbend.h"

typedef struct gb_samples {
    gb_model *model;
    gb_session *session;
    gb_node node, latent;       /* `latent`: the w that all layers share, or z */
    size_t width, latent_width; /* values of one sample */
    size_t count, done;         /* images in all, and so far */
    int batch;
    uint64_t seed;
    const float *z;             /* the caller's z's, or NULL to draw them */
    size_t z_dim;
    int classes;                /* of a conditional network */
    int label;                  /* the class of all samples; negative, as at first: each in turn */
    float *labels;
    /* Sets the inputs of a sample instead of all this; may be NULL. The batch is then 1. */
    gb_status (*inputs)(void *arg, size_t sample, gb_session *session, gb_error *err);
    void *inputs_arg;
} gb_samples;

/* Prepares `count` samples of a node, drawn from `seed`, `seed` + 1, …, or from z [count, z_dim]. The maps of noise are the
 * stored ones, w's are not truncated. Call gb_samples_free() also if it fails. */
gb_status gb_samples_new(gb_samples *s, gb_model *model, gb_node node, size_t count, int batch, uint64_t seed, const float *z,
                         gb_error *err);
void gb_samples_free(gb_samples *s);
/* Renders the next batch and writes the node's values [n, width] and the latents [n, latent_width], either of which may be
 * NULL. Returns n in *count, 0 after the last. */
gb_status gb_samples_next(gb_samples *s, float *values, float *latents, size_t *count, gb_error *err);

/* Sets the inputs of image `sample` for a session of batch 1: row `sample` of z, or if that is NULL the z of `seed`; the class
 * `label`, or if it is negative each class in turn; and truncation by psi, 0 for none. */
gb_status gb_set_sample(gb_model *model, gb_session *session, uint64_t seed, const float *z, size_t sample, int label, float psi,
                        gb_error *err);

/* The node `at` of a generator, which must have a z and the node feature maps [C, H, W], and what is known of it. */
gb_status gb_find_map_layer(const gb_model *model, const char *at, gb_node *node, gb_node_info *info, gb_error *err);

/* The last of `count` layers from `first` on; 0 = to the last of the network, which has `layers`. */
gb_status gb_last_layer(int first, int count, int layers, int *last, gb_error *err);

/* The w from which the w's of all layers are made, or, in networks without, z. GB_NO_NODE if there is neither. */
gb_node gb_latent_node(const gb_model *model);

#endif
