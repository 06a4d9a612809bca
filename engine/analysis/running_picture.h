/* Running pictures as previews: later layers add contrast and colour to them, so that a running picture is no small version of the
 * whole one. The affine map of colours that makes it the nearest to one, over some samples, is found by least squares. */
#ifndef GB_ENGINE_RUNNING_PICTURE_H
#define GB_ENGINE_RUNNING_PICTURE_H

#include "engine/ganbend.h"

typedef struct gb_colour_map {
    float m[3][4];              /* colour c becomes Σ m[c][k] x_k + m[c][3] */
    bool is_identity;
} gb_colour_map;

extern const gb_colour_map gb_same_colours;

/* Fits the running picture `node` to the output, over the samples z [count, z_dim]; `label` is their class, negative for each in
 * turn. The map changes nothing if the node is the output, or if pictures do not have three channels. */
gb_status gb_fit_colours(gb_model *model, gb_node node, const float *z, size_t count, int label, gb_colour_map *map, gb_error *err);
/* Maps a picture [3, plane], and the gradient with respect to the mapped picture to that with respect to the picture. */
void gb_map_colours(const gb_colour_map *map, float *picture, size_t plane);
void gb_map_gradient(const gb_colour_map *map, float *gradient, size_t plane);

#endif
