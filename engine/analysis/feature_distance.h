/* The distance of pictures to a fixed one as a network sees it, with its gradient: a session of LPIPS that a generator's
 * session is chained to. */
#ifndef GB_ENGINE_FEATURE_DISTANCE_H
#define GB_ENGINE_FEATURE_DISTANCE_H

#include "engine/ganbend.h"

typedef struct gb_feature_distance gb_feature_distance;

/* `network` looks at two pictures [3, height, width] and its output is one number. Its pictures get this size, so that it
 * must have no sessions of another. The features of `target` are computed once. */
gb_status gb_feature_distance_new(gb_model *network, const float *target, int height, int width, gb_feature_distance **distance,
                                  gb_error *err);
void gb_feature_distance_free(gb_feature_distance *distance);
/* The distance of `image` [3, height, width] to the target; `gradient`, of the same size, may be NULL. */
gb_status gb_feature_distance_of(gb_feature_distance *distance, const float *image, double *value, float *gradient,
                                 gb_error *err);

#endif
