/* Features of pictures that need no weights from elsewhere: a small network with computed filters. */
#ifndef GB_ENGINE_BUILT_IN_FEATURES_H
#define GB_ENGINE_BUILT_IN_FEATURES_H

#include "engine/ganbend.h"

/* Builds the network for pictures [3, height, width] in 0…1. Its node "features" is [54, ⌈height / 8⌉, ⌈width / 8⌉]: at three
 * scales (pixels, halves, quarters) the mean strength of edges and bars in four directions, of either sign, and at the last
 * one also brightness, red against green and blue against yellow. */
gb_status gb_built_in_features(gb_context *context, int height, int width, gb_model **model, gb_error *err);

#endif
