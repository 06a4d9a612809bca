/* Latents as keys of an animation: the z's (or w's) and labels of a subcommand's images, and interpolation between
 * them. */
#ifndef GANBEND_TOOLS_LATENT_KEYS_H
#define GANBEND_TOOLS_LATENT_KEYS_H

#include "easing.h"
#include "tools/inputs/inputs.h"

typedef struct latent_keys {
    int count;
    bool in_w;
    size_t floats, c_dim;       /* size of a key's z or w's, and of its label; 0 = no label */
    int rows;                   /* of w's */
    float *values, *labels;     /* [count, floats], [count, c_dim] */
    float *value, *label;       /* of the current frame */
} latent_keys;

/* Renders each image of `in` and reads its latents from the session, which is left at the first image. */
gb_status read_latent_keys(latent_keys *k, inputs *in, bool in_w, const gb_model *model, gb_session *session,
                           gb_error *err);
void free_latent_keys(latent_keys *k);
/* Interpolates z's along the arc between them (Shoemake 1985), which keeps their length, and w's and labels linearly. */
gb_status apply_latent_keys(latent_keys *k, between at, gb_session *session, gb_error *err);

#endif
