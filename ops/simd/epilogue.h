/* The epilogue in vector code: noise, bias, activation, gain, clamp and addition. The operations and their order are
 * those of ops/epilogue.h (no fma except inside activations), so the bits are those of plain C. */

#include "ops/simd/lanes.h"

#include "ops/curves.h"

static __attribute__((noinline)) vec activate_some(const gb_epilogue *e, vec chosen, vec x) {
    return vselect_lt(vset1(0.0f), chosen, activate(e->act, e->act_params, e->act_param_count, x),
                      activate(e->base_act, NULL, 0, x));
}

/* The operands of one round of stages in the lanes of a vector. */
typedef struct round_operands {
    const float *add, *noise;
    vec mean, scale, offset;    /* of the batch norm */
    vec bias, chosen;           /* chosen: 1 in lanes whose channel has `act` and 0 in those that have `base_act` */
} round_operands;

/* The first stage: batch norm. */
static inline void apply_norm(const gb_epilogue *e, const round_operands *o, vec *v, int n) {
    for (int j = 0; e->norm && j < n; j++)
        v[j] = vadd(vmul(vsub(v[j], o->mean), o->scale), o->offset);
}

/* Applies the other stages of one round to n vectors at once, so that each stage is tested once. noise and add are read only
 * if their stage is present. */
static inline __attribute__((always_inline)) void apply_epilogue(const gb_epilogue *e, const round_operands *o, vec *v,
                                                                 const int n, const vec *noise, const vec *add) {
    if (e->noise)
        for (int j = 0; j < n; j++)
            v[j] = vadd(v[j], vmul(noise[j], vset1(e->noise_strength)));
    if (e->bias_act) {
        if (e->bias)
            for (int j = 0; j < n; j++)
                v[j] = vadd(v[j], o->bias);
        if (e->act_channels)
            for (int j = 0; j < n; j++)
                v[j] = activate_some(e, o->chosen, v[j]);
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

/* The operands of `valid` neighbouring channels from c on, one in each lane. */
static inline round_operands operands_of_channels(const gb_epilogue *e, int n, int c, int valid) {
    round_operands o = {.noise = e->noise ? e->noise + n * e->noise_step : NULL,
                        .add = e->add ? gb_plane(e->add, n, c) : NULL, .bias = vset1(0.0f), .chosen = vset1(0.0f),
                        .mean = vset1(0.0f), .scale = vset1(0.0f), .offset = vset1(0.0f)};
    if (e->norm) {
        const float *at = e->norm + (size_t)n * 3 * e->norm_channels + c;
        o.mean = vload_first(at, valid);
        o.scale = vload_first(at + e->norm_channels, valid);
        o.offset = vload_first(at + 2 * e->norm_channels, valid);
    }
    if (e->bias)
        o.bias = vload_first(e->bias + c, valid);
    if (e->act_channels) {
        float chosen[VL] = {0.0f};
        for (int i = 0; i < valid; i++)
            chosen[i] = e->act_channels[c + i] ? 1.0f : 0.0f;
        o.chosen = vload(chosen);
    }
    return o;
}

/* Writes VL neighbouring channels of one pixel after the other: a block of a feature map, or VL entries of a vector.
 * `valid` of the channels exist; padding in a block may be written, memory past the end of a vector may not. */
typedef struct channel_writer {
    const gb_epilogue *e;
    float *y;
    ptrdiff_t shift;        /* pixel p of the map is at y + (p + shift) · VL: 0 unless y holds only a part of the map */
    round_operands round[GB_ROUNDS];
    int valid;
    bool rounds;            /* there is a batch norm or a second round */
    bool full;              /* all VL floats may be written */
    bool stream;            /* bypass the caches, because the map is larger than they are */
} channel_writer;

/* For pixels of channels c, c + 1, … of a map of this shape that are at y. */
static inline channel_writer channel_writer_to(float *y, const gb_shape *shape, const gb_epilogue *e, int n, int c) {
    channel_writer to;
    to.e = e;
    to.y = y;
    to.shift = 0;
    to.valid = shape->c - c < VL ? shape->c - c : VL;
    to.full = to.valid == VL || shape->block == VL;
    to.stream = false;
    to.rounds = e && (e->norm || e->then);
    for (int k = 0; e; e = e->then, k++)
        to.round[k] = operands_of_channels(e, n, c, to.valid);
    return to;
}

static inline channel_writer channel_writer_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    return channel_writer_to(gb_plane(y, n, c), &y->shape, e, n, c);
}

enum { MAX_PIXELS = 4 };

/* Applies one round of the epilogue to pixels p, p + 1, … */
static inline __attribute__((always_inline)) void finish_channels(const channel_writer *to, const gb_epilogue *e,
                                                                  const round_operands *o, size_t p, vec *v,
                                                                  const int n) {
    vec noise[MAX_PIXELS], add[MAX_PIXELS];
    for (int j = 0; j < n; j++) {
        const float *at = o->add ? o->add + (p + j) * VL : NULL;
        noise[j] = o->noise ? vset1(o->noise[p + j]) : vset1(0.0f);
        add[j] = !at ? vset1(0.0f) : to->full ? vload(at) : vload_first(at, to->valid);
    }
    apply_epilogue(e, o, v, n, noise, add);
}

/* Batch norm and several rounds. */
static __attribute__((noinline)) void finish_rounds(const channel_writer *to, size_t p, vec *v, int n) {
    const round_operands *o = to->round;
    for (const gb_epilogue *e = to->e; e; e = e->then, o++) {
        apply_norm(e, o, v, n);
        if (n == MAX_PIXELS)
            finish_channels(to, e, o, p, v, MAX_PIXELS);
        else
            for (int j = 0; j < n; j++)
                finish_channels(to, e, o, p + j, v + j, 1);
    }
}

/* Writes v[j] to pixel p + j for j < n. */
static inline __attribute__((always_inline)) void store_channels(const channel_writer *to, size_t p, vec *v,
                                                                 const int n) {
    if (to->rounds) {               /* on a copy, so that v stays in registers otherwise */
        vec copy[MAX_PIXELS];
        for (int j = 0; j < n; j++)
            copy[j] = v[j];
        finish_rounds(to, p, copy, n);
        for (int j = 0; j < n; j++)
            v[j] = copy[j];
    } else if (to->e) {
        finish_channels(to, to->e, to->round, p, v, n);
    }
    for (int j = 0; j < n; j++) {
        float *y = to->y + ((ptrdiff_t)p + j + to->shift) * VL;
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
    round_operands round[GB_ROUNDS];
} pixel_writer;

static inline pixel_writer pixel_writer_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    pixel_writer to;
    to.e = e;
    to.y = gb_plane(y, n, c);
    for (int k = 0; e; e = e->then, k++) {
        const float *norm = e->norm ? e->norm + (size_t)n * 3 * e->norm_channels + c : NULL;
        to.round[k] = (round_operands){
            .noise = e->noise ? e->noise + n * e->noise_step : NULL, .add = e->add ? gb_plane(e->add, n, c) : NULL,
            .mean = vset1(norm ? norm[0] : 0.0f), .scale = vset1(norm ? norm[e->norm_channels] : 0.0f),
            .offset = vset1(norm ? norm[2 * e->norm_channels] : 0.0f), .bias = vset1(e->bias ? e->bias[c] : 0.0f),
            .chosen = vset1(e->act_channels && e->act_channels[c] ? 1.0f : 0.0f)};
    }
    return to;
}

/* Writes the first `count` lanes of v to pixels p, p + 1, … */
static inline void store_pixels(const pixel_writer *to, size_t p, int count, vec v) {
    const round_operands *o = to->round;
    for (const gb_epilogue *e = to->e; e; e = e->then, o++) {
        vec noise = o->noise ? vload_first(o->noise + p, count) : vset1(0.0f);
        vec add = o->add ? vload_first(o->add + p, count) : vset1(0.0f);
        apply_norm(e, o, &v, 1);
        apply_epilogue(e, o, &v, 1, &noise, &add);
    }
    vstore_first(to->y + p, count, v);
}
