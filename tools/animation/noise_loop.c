/* Moves noise along a circle. Every layer has random numbers of its own. */
#include "noise_loop.h"

#include <math.h>
#include <stdlib.h>

#include "tools/inputs/latents.h"
#include "tools/inputs/open_model.h"
#include "tools/program/error.h"

static const double pi = 3.14159265358979323846;

gb_status noise_loop_new(noise_loop *n, const gb_model *model, uint64_t seed, gb_error *err) {
    size_t layers = 0, largest = 0;
    *n = (noise_loop){0};
    while (gb_model_find_role(model, GB_ROLE_NOISE, (int)layers) != GB_NO_NODE) layers++;
    if (!layers) return state(err, GB_BAD_ARGUMENT, "--noise-loop: this model has no noise");
    n->layers = calloc(layers, sizeof *n->layers);
    if (!n->layers) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < layers; i++) {
        struct loop_layer *l = &n->layers[n->layer_count++];
        gb_node from = gb_model_find_role(model, GB_ROLE_NOISE, (int)i);
        gb_node_info map, layer;
        gb_model_node(model, from, &map);
        gb_model_node(model, noise_layer(model, from), &layer);
        l->layer = layer.name;
        l->count = node_elements(&map);
        l->a = malloc(2 * l->count * sizeof *l->a);
        if (!l->a) return state(err, GB_NO_MEMORY, "out of memory");
        l->b = l->a + l->count;
        gb_randn(GB_RNG_NUMPY, seed * 1000 + i, 2 * l->count, l->a);
        if (l->count > largest) largest = l->count;
    }
    n->map = malloc(largest * sizeof *n->map);
    return n->map ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

void noise_loop_free(noise_loop *n) {
    for (size_t i = 0; i < n->layer_count; i++) free(n->layers[i].a);
    free(n->layers);
    free(n->map);
    *n = (noise_loop){0};
}

gb_status noise_loop_apply(const noise_loop *n, double t, gb_session *session, gb_error *err) {
    float c = (float)cos(2 * pi * t), s = (float)sin(2 * pi * t);
    for (size_t i = 0; i < n->layer_count; i++) {
        const struct loop_layer *l = &n->layers[i];
        for (size_t k = 0; k < l->count; k++) n->map[k] = c * l->a[k] + s * l->b[k];
        if (gb_session_set_noise_map(session, l->layer, n->map, 1, err)) return err->status;
    }
    return GB_OK;
}
