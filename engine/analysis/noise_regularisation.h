/* What keeps optimised noise maps noise (Karras et al. 2020): R = Σ over levels (mean n·roll_x n)² + (mean n·roll_y n)², the map
 * being halved by 2×2 means from level to level, until its side is at most 8. roll moves a map by one pixel and wraps. */
#ifndef GB_ENGINE_NOISE_REGULARISATION_H
#define GB_ENGINE_NOISE_REGULARISATION_H

#include <stddef.h>

/* The floats of `work` for a map [height, width]. */
size_t gb_noise_work_floats(int height, int width);
/* Returns R of a map, and adds `weight` times its gradient to `gradient`. */
double gb_noise_regularise(const float *map, int height, int width, double weight, float *gradient, float *work);

/* How maps are normalised after each step. */
typedef enum gb_noise_scaling {
    GB_NOISE_BY_DEVIATION,      /* rosinality: (n − mean) / standard deviation, with count − 1 */
    GB_NOISE_BY_SQUARES         /* NVIDIA: n − mean, then divided by the root of its mean square */
} gb_noise_scaling;
void gb_noise_normalise(float *map, size_t count, gb_noise_scaling scaling);

#endif
