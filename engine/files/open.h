/* Makes models of canonical networks. */
#ifndef GB_ENGINE_OPEN_H
#define GB_ENGINE_OPEN_H

#include "engine/graph/model.h"

/* Builds a model of `network`, which it takes over, also on failure. `name` is used in messages. */
gb_status gb_model_from_network(gb_context *context, gb_network *network, const char *name, gb_model **model,
                                gb_error *err);

#endif
