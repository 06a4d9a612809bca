/* The epilogue in vector code: noise, bias, activation, gain, clamp and addition. The operations and their order are
 * those of ops/epilogue.h (no fma except inside activations), so the bits are those of plain C. */

#include "ops/simd/lanes.h"

#include "ops/curves.h"

static __attribute__((noinline)) vec activate_some(const gb_epilogue *e, vec chosen, vec x) {
    return vselect_lt(vset1(0.0f), chosen, activate(e->act, e->act_params, e->act_param_count, x),
                      activate(e->base_act, NULL, 0, x));
}

/* Applies the stages to n vectors at once, so that each stage is tested once. `chosen` is 1 in lanes whose channel has
 * `act` and 0 in those that have `base_act`. noise, add and chosen are read only if their stage is present. */
static inline __attribute__((always_inline)) void apply_epilogue(const gb_epilogue *e, vec *v, const int n,
                                                                 const vec *noise, vec bias, vec chosen,
                                                                 const vec *add) {
    if (e->noise)
        for (int j = 0; j < n; j++)
            v[j] = vadd(v[j], vmul(noise[j], vset1(e->noise_strength)));
    if (e->bias_act) {
        if (e->bias)
            for (int j = 0; j < n; j++)
                v[j] = vadd(v[j], bias);
        if (e->act_channels)
            for (int j = 0; j < n; j++)
                v[j] = activate_some(e, chosen, v[j]);
        else
            for (int j = 0; j < n; j++)
                v[j] = activate(e->act, e->act_params, e->act_param_count, v[j]);
        if (e->gain != 1.0f)
            for (int j = 0; j < n; j++)
                v[j] = vmul(v[j], vset1(e->gain));
        if (e->clamp >= 0.0f)
            for (int j = 0; j < n; j++) {
                vec high = vset1(e->clamp), low = vset1(-e->clamp);
                v[j] = vselect_lt(high, v[j], high, vselect_lt(v[j], low, low, v[j]));
            }
    }
    if (e->add)
        for (int j = 0; j < n; j++)
            v[j] = vadd(v[j], add[j]);
}

/* Writes VL neighbouring channels of one pixel after the other: a block of a feature map, or VL entries of a vector.
 * `valid` of the channels exist; padding in a block may be written, memory past the end of a vector may not. */
typedef struct channel_writer {
    const gb_epilogue *e;
    float *y;
    const float *add, *noise;
    vec bias, chosen;
    int valid;
    bool full;              /* all VL floats may be written */
    bool stream;            /* bypass the caches, because the map is larger than they are */
} channel_writer;

static inline channel_writer channel_writer_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    channel_writer to = {.e = e, .y = gb_plane(y, n, c), .bias = vset1(0.0f), .chosen = vset1(0.0f)};
    to.valid = y->shape.c - c < VL ? y->shape.c - c : VL;
    to.full = to.valid == VL || y->shape.block == VL;
    if (e) {
        to.noise = e->noise ? e->noise + n * e->noise_step : NULL;
        to.add = e->add ? gb_plane(e->add, n, c) : NULL;
        if (e->bias)
            to.bias = vload_first(e->bias + c, to.valid);
        if (e->act_channels) {
            float chosen[VL] = {0.0f};
            for (int i = 0; i < to.valid; i++)
                chosen[i] = e->act_channels[c + i] ? 1.0f : 0.0f;
            to.chosen = vload(chosen);
        }
    }
    return to;
}

enum { MAX_PIXELS = 4 };

/* Writes v[j] to pixel p + j for j < n. */
static inline __attribute__((always_inline)) void store_channels(const channel_writer *to, size_t p, vec *v,
                                                                 const int n) {
    if (to->e) {
        vec noise[MAX_PIXELS], add[MAX_PIXELS];
        for (int j = 0; j < n; j++) {
            const float *at = to->add ? to->add + (p + j) * VL : NULL;
            noise[j] = to->noise ? vset1(to->noise[p + j]) : vset1(0.0f);
            add[j] = !at ? vset1(0.0f) : to->full ? vload(at) : vload_first(at, to->valid);
        }
        apply_epilogue(to->e, v, n, noise, to->bias, to->chosen, add);
    }
    for (int j = 0; j < n; j++) {
        float *y = to->y + (p + j) * VL;
        if (to->stream)
            vstream(y, v[j]);
        else if (to->full)
            vstore(y, v[j]);
        else
            vstore_first(y, to->valid, v[j]);
    }
}

static inline void store_channel(const channel_writer *to, size_t p, vec v) {
    store_channels(to, p, &v, 1);
}

/* Writes neighbouring pixels of one planar channel. */
typedef struct pixel_writer {
    const gb_epilogue *e;
    float *y;
    const float *add, *noise;
    float bias, chosen;
} pixel_writer;

static inline pixel_writer pixel_writer_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    pixel_writer to = {.e = e, .y = gb_plane(y, n, c)};
    if (e) {
        to.noise = e->noise ? e->noise + n * e->noise_step : NULL;
        to.add = e->add ? gb_plane(e->add, n, c) : NULL;
        to.bias = e->bias ? e->bias[c] : 0.0f;
        to.chosen = e->act_channels && e->act_channels[c] ? 1.0f : 0.0f;
    }
    return to;
}

/* Writes the first `count` lanes of v to pixels p, p + 1, … */
static inline void store_pixels(const pixel_writer *to, size_t p, int count, vec v) {
    if (to->e) {
        vec noise = to->noise ? vload_first(to->noise + p, count) : vset1(0.0f);
        vec add = to->add ? vload_first(to->add + p, count) : vset1(0.0f);
        apply_epilogue(to->e, &v, 1, &noise, vset1(to->bias), vset1(to->chosen), &add);
    }
    vstore_first(to->y + p, count, v);
}
