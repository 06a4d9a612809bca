/* What all StyleGAN2 families share: the canonical network as a list of slots (one per tensor, with its name and the
 * shape that the architecture implies), and bringing a family's tensors into them. A family says how it calls a slot's
 * tensor and how it lays it out; everything that shapes can tell is inferred from the tensors, the rest comes from the
 * file's own attributes, from --config, or is StyleGAN2's default. */
#ifndef GB_WEIGHTS_ADAPT_STYLEGAN2_H
#define GB_WEIGHTS_ADAPT_STYLEGAN2_H

#include "stylegan2_config.h"

/* Finds the generator, infers what shapes tell, and notes what was found. g->source is to be closed, also after a
 * failure. */
bool sg2_open(sg2_generator *g, const sg2_naming *naming, const gb_checkpoint *c, const char *prefix, gb_network *n,
              gb_reason *why);

/* Metadata and tensors into the network; what is missing is noted. */
bool sg2_fill(sg2_generator *g, gb_network *n, gb_reason *why);

#endif
