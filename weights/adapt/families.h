/* Checkpoint families: each row recognises its files and rewrites names and quirks into a canonical network. */
#ifndef GB_WEIGHTS_ADAPT_FAMILIES_H
#define GB_WEIGHTS_ADAPT_FAMILIES_H

#include "../network.h"
#include "../read/checkpoint.h"

typedef struct gb_family {
    const char *name;           /* "stylegan2-nvlabs", "stylegan2-rosinality", "biggan-pytorch", … */
    const char *summary;        /* one line for --help and the docs */
    /* True where the object looks like this family's. */
    bool (*recognise)(const gb_checkpoint *c);
    /* Fills `n` or says why not. `config` is the JSON of --config as a dict of plain values, or NULL. */
    bool (*adapt)(const gb_checkpoint *c, const gb_value *config, gb_network *n, gb_reason *why);
} gb_family;

extern const gb_family *const gb_families[];    /* NULL-terminated, in the order they are asked */

/* Its rows, one per file. */
extern const gb_family gb_stylegan2_nvlabs, gb_stylegan2_tensorflow, gb_stylegan2_rosinality;
extern const gb_family gb_biggan_pytorch, gb_biggan_huggingface;

#endif
