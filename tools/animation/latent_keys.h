/* Latents as the keys of an animation: the z's (or w's) and labels of a command's images, and the way between them. */
#ifndef GANBEND_TOOLS_LATENT_KEYS_H
#define GANBEND_TOOLS_LATENT_KEYS_H

#include "easing.h"
#include "tools/inputs/inputs.h"

typedef struct latent_keys {
    int count;
    bool in_w;
    size_t floats, c_dim;       /* of a key's z or w's, and of its label; 0 = none */
    int rows;                   /* of w's */
    float *values, *labels;     /* [count, floats], [count, c_dim] */
    float *value, *label;       /* of the frame at hand */
} latent_keys;

/* Reads them off the session as it makes each image of `in`, and leaves it at the first. */
gb_status read_latent_keys(latent_keys *k, inputs *in, bool in_w, const gb_model *model, gb_session *session,
                           gb_error *err);
void free_latent_keys(latent_keys *k);
/* z's along the arc between them (Shoemake 1985), so that none is shorter than both; w's and labels straight. */
gb_status apply_latent_keys(latent_keys *k, between at, gb_session *session, gb_error *err);

#endif
