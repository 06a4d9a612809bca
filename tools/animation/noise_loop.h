/* --noise-loop: noise that moves and returns. */
#ifndef GANBEND_TOOLS_NOISE_LOOP_H
#define GANBEND_TOOLS_NOISE_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct noise_loop {
    struct loop_layer {
        const char *layer;
        size_t count;           /* values of its map */
        float *a, *b;           /* two maps of standard normal numbers */
    } *layers;
    size_t layer_count;
    float *map;
} noise_loop;

/* Draws two maps for each layer that adds noise. Call noise_loop_free() also if it fails. */
gb_status noise_loop_new(noise_loop *n, const gb_model *model, uint64_t seed, gb_error *err);
void noise_loop_free(noise_loop *n);
/* Sets the session's noise to cos(2πt) a + sin(2πt) b: the same at t = 0 and t = 1, and of variance 1 everywhere. */
gb_status noise_loop_apply(const noise_loop *n, double t, gb_session *session, gb_error *err);

#endif
