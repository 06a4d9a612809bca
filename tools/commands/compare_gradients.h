/* The part of `ganbend compare` that compares gradients. */
#ifndef GANBEND_TOOLS_COMPARE_GRADIENTS_H
#define GANBEND_TOOLS_COMPARE_GRADIENTS_H

#include "tools/bending/recipes.h"
#include "tools/inputs/open_model.h"
#include "tools/inputs/reference.h"

/* Measures the gradients of the loss sum(image · R), and the image. */
gb_status compare_gradients(reference *r, gb_noise noise, bending *b, const loaded_model *o, gb_error *err);

/* Adds the session's gradient of a weight, which it trains, to the array's sum. `room` [elements] is overwritten. */
gb_status add_gradient_of_weight(reference_array *s, gb_session *session, float *room, gb_error *err);
/* Measures the sums, after all samples. */
void measure_weights(reference *r);

#endif
