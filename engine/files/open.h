/* From a canonical network to a model. */
#ifndef GB_ENGINE_OPEN_H
#define GB_ENGINE_OPEN_H

#include "engine/graph/model.h"

/* A model over `network`, which it takes over, also on failure. `name` is used in messages. */
gb_status gb_model_from_network(gb_context *context, gb_network *network, const char *name, gb_model **model,
                                gb_error *err);

#endif
