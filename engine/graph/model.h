/* A model: a graph and its weights. */
#ifndef GB_ENGINE_MODEL_H
#define GB_ENGINE_MODEL_H

#include <stdatomic.h>

#include "weights.h"

struct gb_model {
    gb_context *context;
    gb_graph *graph;
    gb_weights weights;
    int64_t *parameters;            /* per node: elements of the weights that no earlier node uses */
    atomic_uint_least64_t serial;   /* of the last plan */
    atomic_int sessions;            /* that have not been freed */
};

/* Makes a model of a finished graph, which it takes over, also on failure. `name` is the file name for messages; NULL
 * for a graph built by the caller. */
gb_status gb_model_new(gb_context *context, gb_graph *graph, const char *name, gb_model **model, gb_error *err);

/* A weight of the model itself, whatever values sessions have; see gb_weights_floats(). */
static inline gb_status gb_model_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err) {
    return gb_weights_floats(&model->weights, NULL, name, gain, data, err);
}

/* A serial number for a plan, unique in the model. Thread-safe. */
uint64_t gb_model_serial(gb_model *model);

#endif
