/* The part of `ganbend compare` that compares gradients. */
#ifndef GANBEND_TOOLS_COMPARE_GRADIENTS_H
#define GANBEND_TOOLS_COMPARE_GRADIENTS_H

#include "tools/bending/recipes.h"
#include "tools/inputs/open_model.h"
#include "tools/inputs/reference.h"

/* Measures the gradients of the loss sum(image · R), and the image. */
gb_status compare_gradients(reference *r, gb_noise noise, bending *b, const loaded_model *o, gb_error *err);

#endif
