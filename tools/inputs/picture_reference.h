/* Reference files of networks that look at pictures: the pictures, under the names of the network's inputs, and the arrays
 * to compare: tap/NAME, and any array that has the name or alias of a node. An array NAME_u8 of bytes is a picture of
 * 0…255, which becomes 0…1. With a prefix, arrays are PREFIX/NAME.
 *
 * For gradients the arrays to compare are grad/NAME and grad_NAME, where NAME is a node or, after the slash, a weight. The loss
 * is the mean cross-entropy of the network's output if the file has labels [n]; if it has grad/R [n, C] and grad/LAYER_mean,
 * the sum of R times the mean of each map of LAYER; otherwise the sum of the network's output. */
#ifndef GANBEND_TOOLS_PICTURE_REFERENCE_H
#define GANBEND_TOOLS_PICTURE_REFERENCE_H

#include "open_model.h"
#include "picture_inputs.h"
#include "reference.h"

/* Reads the file, for gradients or for values, and sets the model's picture size. Call free_reference() and free_pictures() also if it fails. */
gb_status open_picture_reference(const char *path, const char *prefix, bool gradients, loaded_model *o, reference *r,
                                 picture_inputs *p, gb_error *err);

#endif
