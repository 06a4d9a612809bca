/* New classifiers of feature maps. */
#ifndef GB_ENGINE_INIT_CLASSIFIER_H
#define GB_ENGINE_INIT_CLASSIFIER_H

#include "engine/ganbend.h"
#include "weights/network.h"

/* network-bending's FeatureClassifier for `maps` maps of side×side pixels (8, 16, … 2048), with the initial weights of torch:
 * uniform within ±1/√fan-in, norms 1 and 0. The caller frees it with gb_network_free(). */
gb_status gb_classifier_network_new(int64_t maps, int64_t side, uint64_t seed, gb_network **network, gb_error *err);

#endif
