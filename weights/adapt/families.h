/* Checkpoint families: each row recognises its files by the names of their tensors and rewrites names and quirks into a
 * canonical network. */
#ifndef GB_WEIGHTS_ADAPT_FAMILIES_H
#define GB_WEIGHTS_ADAPT_FAMILIES_H

#include "../network.h"
#include "../read/checkpoint.h"

enum { GB_LANDMARKS = 3 };

typedef struct gb_family {
    const char *name;           /* "stylegan2-nvlabs", "stylegan2-rosinality", "biggan-pytorch", … */
    const char *summary;        /* one line for --help and the documentation */
    const char *source;         /* where such files come from: projects and file names, for the documentation */
    /* Tensors that every complete generator of the family has, without the name of its wrapper. The first one finds
     * the generator; in it '#' stands for a number. NULL ends a shorter list. */
    const char *landmarks[GB_LANDMARKS];
    bool looks;                 /* its networks look at pictures; generators in the same file come first */
    bool has_config_beside;     /* a config.json in the checkpoint's folder belongs to it */
    /* Fills `n` from the generator in the wrapper `prefix` ("G_ema.", or ""), or returns false with a reason. `config`
     * is the JSON of --config as a dict of plain values, or NULL. */
    bool (*adapt)(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why);
} gb_family;

extern const gb_family *const gb_families[];    /* NULL-terminated */

/* Its rows. */
extern const gb_family gb_stylegan2_nvlabs, gb_stylegan2_tensorflow, gb_stylegan2_rosinality, gb_stylegan2_genforce;
extern const gb_family gb_stylegan2_mmgeneration;
extern const gb_family gb_resnet_torchvision, gb_resnet_monai, gb_vgg16_torchvision, gb_feature_classifier;
extern const gb_family gb_biggan_pytorch, gb_biggan_studiogan, gb_biggan_mmgeneration, gb_biggan_huggingface;

#endif
