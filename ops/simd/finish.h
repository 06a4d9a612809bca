/* The fast epilogue: the one place where noise, bias, activation, gain, clamp and addition are vector code. Every
 * operation and its order is that of ops/epilogue.h (no fma), so the bits are the plain ones. */

static inline vec activate(gb_act_kind act, vec v) {
    const vec zero = vset1(0.0f);
    float lanes[VL];
    switch (act) {
    case GB_ACT_LINEAR:
        return v;
    case GB_ACT_RELU:
        return vselect_lt(v, zero, zero, v);
    case GB_ACT_LRELU:
        return vselect_lt(v, zero, vmul(v, vset1(0.2f)), v);
    default:
        vstore(lanes, v);
        for (int i = 0; i < VL; i++)
            lanes[i] = gb_activate(act, lanes[i]);
        return vload(lanes);
    }
}

static inline vec finish(const gb_epilogue *e, vec v, vec noise, vec bias, vec add) {
    if (e->noise)
        v = vadd(v, vmul(noise, vset1(e->noise_strength)));
    if (e->bias_act) {
        if (e->bias)
            v = vadd(v, bias);
        v = activate(e->act, v);
        if (e->gain != 1.0f)
            v = vmul(v, vset1(e->gain));
        if (e->clamp >= 0.0f) {
            vec high = vset1(e->clamp), low = vset1(-e->clamp);
            v = vselect_lt(high, v, high, vselect_lt(v, low, low, v));
        }
    }
    if (e->add)
        v = vadd(v, add);
    return v;
}

/* Where a vector of VL neighbouring channels goes, one pixel at a time: a block of a feature map, or VL entries of a
 * vector. `lanes` of them exist; padded lanes of a block may be written, entries past a vector's end may not. */
typedef struct channel_sink {
    const gb_epilogue *e;
    float *y;
    const float *add, *noise;
    vec bias;
    int lanes;
    bool whole;             /* all VL floats may be written */
} channel_sink;

static inline channel_sink channels_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    channel_sink to = {.e = e, .y = gb_plane(y, n, c), .bias = vset1(0.0f)};
    to.lanes = y->shape.c - c < VL ? y->shape.c - c : VL;
    to.whole = to.lanes == VL || y->shape.block == VL;
    if (e) {
        to.noise = e->noise ? e->noise + n * e->noise_step : NULL;
        to.add = e->add ? gb_plane(e->add, n, c) : NULL;
        if (e->bias)
            to.bias = vload_first(e->bias + c, to.lanes);
    }
    return to;
}

static inline void put_channels(const channel_sink *to, size_t p, vec v) {
    float *y = to->y + p * VL;
    if (to->e) {
        vec zero = vset1(0.0f);
        vec add = !to->add ? zero : to->whole ? vload(to->add + p * VL) : vload_first(to->add + p * VL, to->lanes);
        v = finish(to->e, v, to->noise ? vset1(to->noise[p]) : zero, to->bias, add);
    }
    if (to->whole)
        vstore(y, v);
    else
        vstore_first(y, to->lanes, v);
}

/* Where a vector of neighbouring pixels of one planar channel goes. */
typedef struct pixel_sink {
    const gb_epilogue *e;
    float *y;
    const float *add, *noise;
    float bias;
} pixel_sink;

static inline pixel_sink pixels_at(const gb_tensor *y, const gb_epilogue *e, int n, int c) {
    pixel_sink to = {.e = e, .y = gb_plane(y, n, c)};
    if (e) {
        to.noise = e->noise ? e->noise + n * e->noise_step : NULL;
        to.add = e->add ? gb_plane(e->add, n, c) : NULL;
        to.bias = e->bias ? e->bias[c] : 0.0f;
    }
    return to;
}

/* The first `count` lanes of v to pixels p, p + 1, … */
static inline void put_pixels(const pixel_sink *to, size_t p, int count, vec v) {
    if (to->e) {
        vec zero = vset1(0.0f);
        v = finish(to->e, v, to->noise ? vload_first(to->noise + p, count) : zero, vset1(to->bias),
                   to->add ? vload_first(to->add + p, count) : zero);
    }
    vstore_first(to->y + p, count, v);
}
