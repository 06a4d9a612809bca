/* Names of a conditional network's classes, if the checkpoint holds them. */
#ifndef GB_WEIGHTS_ADAPT_CLASS_NAMES_H
#define GB_WEIGHTS_ADAPT_CLASS_NAMES_H

#include "../network.h"
#include "../read/checkpoint.h"

/* Sets origin.class_names of a network with config.c_dim classes and no names yet: from a list of as many strings under
 * class_names, classes or CLASSES, or from torchvision's class_to_idx, at the top of the file or one level below. False if
 * out of memory. */
bool gb_find_class_names(const gb_checkpoint *c, gb_network *n);

#endif
