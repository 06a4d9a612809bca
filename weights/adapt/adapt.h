/* From a checkpoint of any known family to a canonical network. */
#ifndef GB_WEIGHTS_ADAPT_H
#define GB_WEIGHTS_ADAPT_H

#include "../read/checkpoint.h"
#include "../network.h"

/* Finds the family and adapts, or says what the file is instead ("a StyleGAN3 generator; …"); the caller puts the
 * file's name before it. The network keeps views into the checkpoint. Notes say what was found and what is still
 * missing: a network without `mapping.w_avg` or with a missing `….noise_const` is complete but for those, and the
 * caller makes them up. */
gb_network *gb_adapt(const gb_checkpoint *c, const gb_value *config, gb_reason *why);

#endif
