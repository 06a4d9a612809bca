/* ganbend compare for networks that look at pictures. */
#ifndef GANBEND_TOOLS_COMPARE_PICTURES_H
#define GANBEND_TOOLS_COMPARE_PICTURES_H

#include "tools/bending/recipes.h"
#include "tools/inputs/picture_reference.h"

/* The statistics of batch norms: "stored" or NULL; "batch", of all samples of the file together; "each", of each sample. */
gb_session_options picture_session_options(const char *norm, size_t samples);
gb_status compare_pictures(reference *r, const picture_inputs *p, const char *norm, bending *b, const loaded_model *o,
                           gb_error *err);

/* The gradients of the reference's loss with respect to its arrays' nodes and weights. */
gb_status compare_picture_gradients(reference *r, const picture_inputs *p, const char *norm, bending *b, const loaded_model *o,
                                    gb_error *err);

#endif
