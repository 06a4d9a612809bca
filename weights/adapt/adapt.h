/* From a checkpoint of any known family to a canonical network. */
#ifndef GB_WEIGHTS_ADAPT_ADAPT_H
#define GB_WEIGHTS_ADAPT_ADAPT_H

#include "../network.h"
#include "../read/checkpoint.h"

typedef struct gb_adapt_options {
    const gb_value *config;     /* the JSON of --config as a dict of plain values, or NULL */
    const char *network;        /* path of the generator to take ("G_ema", "." for the top level), or NULL */
} gb_adapt_options;

/* Chooses a generator and adapts it, or says what the file is instead ("a StyleGAN3 generator; …"); the caller puts the
 * file's name before that. The network keeps views into the checkpoint. Its notes tell what was found, which of several
 * generators was taken, and what is still missing: a network without `mapping.w_avg` or with a missing `….noise_const`
 * is complete but for those, and the caller synthesises them. */
gb_network *gb_adapt(const gb_checkpoint *c, const gb_adapt_options *options, gb_reason *why);

/* Finds out whether the family that gb_adapt() would choose keeps a config.json beside the checkpoint. False if out of
 * memory. */
bool gb_adapt_has_config_beside(const gb_checkpoint *c, const char *network, bool *beside, gb_reason *why);

#endif
