/* Checkpoint families: each row recognises its files and rewrites names and quirks into a canonical network. */
#ifndef GB_WEIGHTS_ADAPT_H
#define GB_WEIGHTS_ADAPT_H

#include "../checkpoint.h"
#include "../network.h"

typedef struct gb_family {
    const char *name;           /* "stylegan2-nvlabs", "stylegan2-rosinality", "biggan-pytorch", … */
    const char *summary;        /* one line for --help and the docs */
    /* True where the object looks like this family's. */
    bool (*recognise)(const gb_checkpoint *c);
    /* Fills `n` or says why not. `config` is the JSON of --config as a dict of plain values, or NULL. */
    bool (*adapt)(const gb_checkpoint *c, const gb_value *config, gb_network *n, gb_reason *why);
} gb_family;

extern const gb_family *const gb_families[];    /* NULL-terminated, in the order they are asked */

/* Finds the family and adapts, or says what the file is instead ("a StyleGAN3 generator; …"); the caller puts the
 * file's name before it. The network keeps views into the checkpoint. Notes say what was found and what is still
 * missing: a network without `mapping.w_avg` or with a missing `….noise_const` is complete but for those, and the
 * caller makes them up. */
gb_network *gb_adapt(const gb_checkpoint *c, const gb_value *config, gb_reason *why);

#endif
