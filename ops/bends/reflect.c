/* Mirrored maps:  h: y[r, c] = x[r, W−1−c],  v: y[r, c] = x[H−1−r, c]. */
#include <string.h>

#include "ops/bends/filter_rows.h"

static void reflect_h(const gb_filter_map *m) {
    size_t w = m->w;
    for (size_t r = 0; r < (size_t)m->h; r++)
        for (size_t c = 0; c < w; c++)
            m->out[r * w + c] = m->in[r * w + w - 1 - c];
}

static void reflect_v(const gb_filter_map *m) {
    size_t h = m->h, w = m->w;
    for (size_t r = 0; r < h; r++)
        memcpy(m->out + r * w, m->in + (h - 1 - r) * w, sizeof(gb_real) * w);
}

/* A reflection is its own adjoint. */
static void reflect_h_grad(const gb_filter_map *m, const gb_real *g) {
    gb_filter_map of_g = *m;
    of_g.in = g;
    reflect_h(&of_g);
}

static void reflect_v_grad(const gb_filter_map *m, const gb_real *g) {
    gb_filter_map of_g = *m;
    of_g.in = g;
    reflect_v(&of_g);
}

const gb_filter gb_filter_reflect_h = {
    .name = "reflect-h", .alias = "flip-h", .summary = "exchanges left and right", .params = 1, .param = {GB_MIX},
    .map = reflect_h, .map_grad = reflect_h_grad,
};
const gb_filter gb_filter_reflect_v = {
    .name = "reflect-v", .alias = "flip-v", .summary = "exchanges top and bottom", .params = 1, .param = {GB_MIX},
    .map = reflect_v, .map_grad = reflect_v_grad,
};
