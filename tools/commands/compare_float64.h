/* The part of `ganbend compare` that tells the reference's rounding errors from those of this run. */
#ifndef GANBEND_TOOLS_COMPARE_FLOAT64_H
#define GANBEND_TOOLS_COMPARE_FLOAT64_H

#include "tools/bending/recipes.h"
#include "tools/inputs/open_model.h"
#include "tools/inputs/reference.h"

/* Where the samples of a reference come from: `set` puts the session's whole batch, from `sample` on, into a session. */
typedef struct sample_source {
    gb_session_options how;
    gb_status (*set)(void *arg, size_t sample, gb_session *session, gb_error *err);
    void *arg;
} sample_source;

/* Computes every array in float32 and in float64, and measures the reference's values and those in float32 against those in
 * float64. */
gb_status compare_float64(reference *r, const sample_source *source, bending *b, const loaded_model *o, gb_error *err);

#endif
