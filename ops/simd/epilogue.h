/* The fast epilogue: the one place where noise, bias, activation, gain, clamp and addition are vector code. Every
 * operation and its order is that of ops/epilogue.h (no fma but inside the curves), so the bits are the plain ones. */

#include "ops/simd/lanes.h"

#include "ops/curves.h"

static __attribute__((noinline)) vec activate_some(const gb_epilogue *e, vec chosen, vec x) {
    return vselect_lt(vset1(0.0f), chosen, activate(e->act, e->act_params, e->act_param_count, x),
                      activate(e->base_act, NULL, 0, x));
}

/* n vectors at once, so that what to do is asked once for all of them; noise, add and chosen (1 in lanes whose channel
 * has `act`, 0 where it has `base_act`) are read where there are such. */
static inline __attribute__((always_inline)) void finish(const gb_epilogue *e, vec *v, const int n, const vec *noise,
                                                         vec bias, vec chosen, const vec *add) {
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

/* Where a vector of VL neighbouring channels goes, one pixel at a time: a block of a feature map, or VL entries of a
 * vector. `lanes` of them exist; padded lanes of a block may be written, entries past a vector's end may not. */
typedef struct channel_sink {
    const gb_epilogue *e;
    float *y;
    const float *add, *noise;
    vec bias, chosen;
    int lanes;
    bool whole;             /* all VL floats may be written */
    bool stream;            /* past the caches, because the map is larger than they are */
} channel_sink;

static inline channel_sink channels_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    channel_sink to = {.e = e, .y = gb_plane(y, n, c), .bias = vset1(0.0f), .chosen = vset1(0.0f)};
    to.lanes = y->shape.c - c < VL ? y->shape.c - c : VL;
    to.whole = to.lanes == VL || y->shape.block == VL;
    if (e) {
        to.noise = e->noise ? e->noise + n * e->noise_step : NULL;
        to.add = e->add ? gb_plane(e->add, n, c) : NULL;
        if (e->bias)
            to.bias = vload_first(e->bias + c, to.lanes);
        if (e->act_channels) {
            float chosen[VL] = {0.0f};
            for (int i = 0; i < to.lanes; i++)
                chosen[i] = e->act_channels[c + i] ? 1.0f : 0.0f;
            to.chosen = vload(chosen);
        }
    }
    return to;
}

enum { MOST_PIXELS = 4 };

/* v[j], j < n, to pixel p + j. */
static inline __attribute__((always_inline)) void put_channels(const channel_sink *to, size_t p, vec *v, const int n) {
    if (to->e) {
        vec noise[MOST_PIXELS], add[MOST_PIXELS];
        for (int j = 0; j < n; j++) {
            const float *at = to->add ? to->add + (p + j) * VL : NULL;
            noise[j] = to->noise ? vset1(to->noise[p + j]) : vset1(0.0f);
            add[j] = !at ? vset1(0.0f) : to->whole ? vload(at) : vload_first(at, to->lanes);
        }
        finish(to->e, v, n, noise, to->bias, to->chosen, add);
    }
    for (int j = 0; j < n; j++) {
        float *y = to->y + (p + j) * VL;
        if (to->stream)
            vstream(y, v[j]);
        else if (to->whole)
            vstore(y, v[j]);
        else
            vstore_first(y, to->lanes, v[j]);
    }
}

static inline void put_channel(const channel_sink *to, size_t p, vec v) {
    put_channels(to, p, &v, 1);
}

/* Where a vector of neighbouring pixels of one planar channel goes. */
typedef struct pixel_sink {
    const gb_epilogue *e;
    float *y;
    const float *add, *noise;
    float bias, chosen;
} pixel_sink;

static inline pixel_sink pixels_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    pixel_sink to = {.e = e, .y = gb_plane(y, n, c)};
    if (e) {
        to.noise = e->noise ? e->noise + n * e->noise_step : NULL;
        to.add = e->add ? gb_plane(e->add, n, c) : NULL;
        to.bias = e->bias ? e->bias[c] : 0.0f;
        to.chosen = e->act_channels && e->act_channels[c] ? 1.0f : 0.0f;
    }
    return to;
}

/* The first `count` lanes of v to pixels p, p + 1, … */
static inline void put_pixels(const pixel_sink *to, size_t p, int count, vec v) {
    if (to->e) {
        vec noise = to->noise ? vload_first(to->noise + p, count) : vset1(0.0f);
        vec add = to->add ? vload_first(to->add + p, count) : vset1(0.0f);
        finish(to->e, &v, 1, &noise, vset1(to->bias), vset1(to->chosen), &add);
    }
    vstore_first(to->y + p, count, v);
}
