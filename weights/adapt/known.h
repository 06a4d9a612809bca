/* Networks that ganbend does not run, recognised so that they can be refused by name. */
#ifndef GB_WEIGHTS_ADAPT_KNOWN_H
#define GB_WEIGHTS_ADAPT_KNOWN_H

#include "../read/checkpoint.h"

/* What the network in the wrapper `prefix` is ("a StyleGAN3 generator"), or NULL. Its tensors' names decide. `variant`
 * asks only for those that have StyleGAN2's or BigGAN's landmarks as well and would be mistaken for them; without it
 * all are asked, and `prefix` is usually "". */
const char *gb_known_network(const gb_checkpoint *c, const char *prefix, bool variant);

/* Names of the table, in its order, each once; NULL past the last. */
const char *gb_known_network_name(size_t index);

#endif
