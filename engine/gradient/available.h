/* Whether this build computes gradients. */
#ifndef GB_ENGINE_GRADIENT_AVAILABLE_H
#define GB_ENGINE_GRADIENT_AVAILABLE_H

#include "engine/ganbend.h"

/* GB_OK, unless it was configured with GANBEND_GRADIENTS=OFF. */
gb_status gb_gradients_available(gb_error *err);

#endif
