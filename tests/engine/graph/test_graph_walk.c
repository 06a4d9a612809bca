/* Random graphs with all functions of the public builder, random inputs, bends and feeds. Weights and buffers have
 * exactly the documented size, so that the address sanitizer finds every read and write past their end. Everything that
 * the builder and the session accept must render, with the same bits fused, split at every boundary, and
 * interactively. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"

#ifndef WALKS
#define WALKS 300
#endif

enum { MAX_NODES = 64, MAX_ALLOCATIONS = 4096, MAX_FLOATS = 12000, MAX_BATCH = 3 };

static gb_error err;
static uint64_t state;      /* xorshift, so that a failing walk can be repeated */
static int walk_number;

#define OK(call) do { if (call) fail_msg("walk %d: %s: %s", walk_number, #call, err.message); } while (0)

static int pick(int low, int high) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return low + (int)(state % (uint64_t)(high - low + 1));
}

static bool one_in(int n) {
    return pick(1, n) == 1;
}

static float number(void) {
    return (float)pick(-1000, 1000) / 500;
}

/* ------------------------------------------------------------------------------------------------ memory of a walk */

static void *allocated[MAX_ALLOCATIONS];
static int allocations;

static void *take(size_t size) {
    void *memory = malloc(size ? size : 1);
    assert_non_null(memory);
    assert_true(allocations < MAX_ALLOCATIONS);
    return allocated[allocations++] = memory;
}

static float *numbers(size_t count) {
    float *values = take(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = number();
    return values;
}

static void free_all(void) {
    while (allocations)
        free(allocated[--allocations]);
}

/* ------------------------------------------------------------------------------------------------ building */

/* A node as the header describes it. */
typedef struct shape { int ndim, c, h, w; } shape;

static struct {
    gb_graph *graph;
    shape node[MAX_NODES];
    bool is_input[MAX_NODES], has_value[MAX_NODES], is_map[MAX_NODES];
    char name[MAX_NODES][32];
    int count, layer, part, weights;
} g;

static size_t floats_of(shape s) {
    return (size_t)s.c * (size_t)s.h * (size_t)s.w;
}

/* A new weight of that shape, and its name. */
static const char *weight(int ndim, int a, int b, int c, int d) {
    const int64_t dims[] = {a, b, c, d};
    size_t count = 1;
    for (int i = 0; i < ndim; i++)
        count *= (size_t)dims[i];
    char *name = take(16);
    snprintf(name, 16, "w%d", g.weights++);
    gb_graph_weight(g.graph, name, ndim, dims, numbers(count));
    return name;
}

static const char *positive_weight(int ndim, int a, int b) {
    const int64_t dims[] = {a, b};
    size_t count = (size_t)a * (size_t)(ndim > 1 ? b : 1);
    float *values = numbers(count);
    for (size_t i = 0; i < count; i++)
        values[i] = fabsf(values[i]) + 0.5f;
    char *name = take(16);
    snprintf(name, 16, "w%d", g.weights++);
    gb_graph_weight(g.graph, name, ndim, dims, values);
    return name;
}

/* Names like those of modules: the parts of layer L3 come before L3 itself. */
static const char *next_name(void) {
    char *name = g.name[g.count];
    if (one_in(2))
        snprintf(name, sizeof g.name[0], "L%d", g.layer++);
    else
        snprintf(name, sizeof g.name[0], "L%d.part%d", g.layer, g.part++);
    return name;
}

static gb_node added(gb_node node, int ndim, int c, int h, int w) {
    assert_int_equal(node, g.count);
    g.node[g.count] = (shape){ndim, c, h, w};
    return g.count++;
}

static gb_node add_input(int ndim, int c, int h, int w) {
    bool has_value = one_in(3);
    const int64_t dims[] = {c, ndim == 2 ? w : h, w};
    const char *value = !has_value            ? NULL
                        : ndim == 3 && c == 1 ? weight(2, h, w, 0, 0)
                                              : weight(ndim, c, (int)dims[1], w, 0);
    gb_node node = added(gb_graph_input(g.graph, next_name(), ndim, dims, value), ndim, c, h, w);
    g.is_input[node] = true;
    g.has_value[node] = has_value;
    return node;
}

static gb_node random_input(void) {
    static const int channels[] = {1, 2, 3, 4, 5, 8, 9, 16, 17, 33}, sizes[] = {1, 1, 2, 3, 4, 5, 7, 8, 16, 17};
    int ndim = pick(1, 3), c = channels[pick(0, 9)];
    return add_input(ndim, c, ndim == 3 ? sizes[pick(0, 9)] : 1, ndim > 1 ? sizes[pick(0, 9)] : 1);
}

/* A node for which `fits` holds, or GB_NO_NODE. */
static gb_node find(bool (*fits)(shape s, shape wanted), shape wanted) {
    gb_node found[MAX_NODES];
    int count = 0;
    for (gb_node i = 0; i < g.count; i++)
        if (fits(g.node[i], wanted))
            found[count++] = i;
    return count ? found[pick(0, count - 1)] : GB_NO_NODE;
}

static bool any(shape s, shape wanted) { (void)s, (void)wanted; return true; }
static bool a_vector(shape s, shape wanted) { (void)wanted; return s.h == 1 && s.w == 1; }
static bool vector_of(shape s, shape wanted) { return s.h == 1 && s.w == 1 && s.c == wanted.c; }
static bool one_row_high(shape s, shape wanted) { (void)wanted; return s.h == 1; }
static bool same_map(shape s, shape wanted) { return s.h == wanted.h && s.w == wanted.w; }
static bool same(shape s, shape wanted) { return s.c == wanted.c && same_map(s, wanted); }
static bool map_of(shape s, shape wanted) { return s.c == 1 && same_map(s, wanted); }
static bool poolable(shape s, shape wanted) { (void)wanted; return s.h > 1 && s.w > 1; }
static bool same_channels(shape s, shape wanted) { return s.c == wanted.c; }
static bool as_many_pixels(shape s, shape wanted) { return s.h * s.w == wanted.h * wanted.w; }

static gb_node vector(int c) {
    gb_node node = find(vector_of, (shape){.c = c});
    return node != GB_NO_NODE && !one_in(3) ? node : add_input(1, c, 1, 1);
}

static gb_node add_convolution(gb_node x, shape s) {
    bool modulated = one_in(2), enlarges = one_in(3) && 4 * floats_of(s) < MAX_FLOATS;
    int cout = pick(0, 2) ? pick(1, 20) : 3, kernel = enlarges ? 3 : 1 + 2 * pick(0, 1), up = enlarges ? 2 : 1;
    gb_node styles = modulated ? vector(s.c) : GB_NO_NODE;
    const gb_conv2d_options options = {.up = up, .demodulate = one_in(2), .style_gain = number(),
                                       .fir = enlarges ? weight(2, 4, 4, 0, 0) : NULL};
    const char *w = weight(4, cout, s.c, kernel, kernel);
    return added(gb_graph_conv2d(g.graph, next_name(), x, styles, w, &options), 3, cout, s.h * up, s.w * up);
}

static gb_node add_norm(gb_node x, shape s) {
    int rows = pick(1, 3);
    gb_batch_norm_options options = {.eps = 1e-5f, .gain_from_one = one_in(2), .gain = GB_NO_NODE, .bias = GB_NO_NODE};
    options.mean = weight(2, rows, s.c, 0, 0);
    options.var = positive_weight(2, rows, s.c);
    if (one_in(2)) {
        options.gain_weight = weight(1, s.c, 0, 0, 0);
        options.bias_weight = weight(1, s.c, 0, 0, 0);
    } else {
        options.gain = vector(s.c);
        options.bias = vector(s.c);
    }
    return added(gb_graph_batch_norm(g.graph, next_name(), x, &options), s.ndim, s.c, s.h, s.w);
}

static gb_node add_bias_act(gb_node x, shape s) {
    static const char *const acts[] = {"linear", "relu", "lrelu",    "tanh", "sigmoid",
                                       "elu",    "selu", "softplus", "swish"};
    const gb_bias_act_options options = {.bias = one_in(2) ? weight(1, s.c, 0, 0, 0) : NULL, .act = acts[pick(0, 8)],
                                         .bias_gain = number(), .gain = number(), .clamp = one_in(3) ? 1 : 0};
    return added(gb_graph_bias_act(g.graph, next_name(), x, &options), s.ndim, s.c, s.h, s.w);
}

static gb_node add_noise(gb_node x, shape s) {
    gb_node map = one_in(2) ? GB_NO_NODE : find(map_of, s);
    if (map == GB_NO_NODE)
        map = add_input(3, 1, s.h, s.w);
    g.is_map[map] = g.is_input[map];
    return added(gb_graph_noise(g.graph, next_name(), x, map, weight(0, 0, 0, 0, 0)), 3, s.c, s.h, s.w);
}

/* A vector as maps, in any way that its size allows. */
static gb_node add_reshape(void) {
    gb_node x = find(a_vector, (shape){0});
    if (x == GB_NO_NODE)
        return x;
    int c = 1, h = 1, w = g.node[x].c;
    for (int d = 2; d <= 8; d++)
        while (w % d == 0 && one_in(2)) {
            *(one_in(2) ? &c : &h) *= d;
            w /= d;
        }
    return added(gb_graph_reshape(g.graph, next_name(), x, c, h, w, one_in(2)), 3, c, h, w);
}

static gb_node add_attention(gb_node theta, shape s) {
    gb_node phi = find(same_channels, s);
    shape k = g.node[phi];
    int queries = s.h * s.w, keys = k.h * k.w;
    if (queries * keys > MAX_FLOATS)
        return GB_NO_NODE;
    gb_node matrix = added(gb_graph_attention_scores(g.graph, next_name(), theta, phi), 2, queries, 1, keys);
    if (one_in(8))
        return matrix;
    matrix = added(gb_graph_softmax(g.graph, next_name(), matrix), 2, queries, 1, keys);
    gb_node values = find(as_many_pixels, k), like = one_in(2) ? theta : find(as_many_pixels, s);
    shape out = g.node[like];
    return added(gb_graph_attention_output(g.graph, next_name(), values, matrix, like), 3, g.node[values].c, out.h,
                 out.w);
}

/* A convolution of another kernel, stride, padding or number of groups. */
static gb_node add_general_convolution(gb_node x, shape s) {
    int groups = one_in(2) ? 1 : one_in(2) ? s.c : 2, kernel = pick(1, 7), stride = pick(1, 2);
    int padding = one_in(2) ? kernel / 2 : pick(1, 4);
    if (s.c % groups || s.h + 2 * padding < kernel || s.w + 2 * padding < kernel)
        return GB_NO_NODE;
    int cout = groups * pick(1, groups > 2 ? 1 : 12);
    const gb_conv2d_options options = {.stride = stride, .groups = groups, .style_gain = number(),
                                       .padding = padding ? padding : GB_NO_PADDING};
    return added(gb_graph_conv2d(g.graph, next_name(), x, GB_NO_NODE, weight(4, cout, s.c / groups, kernel, kernel),
                                 &options), 3, cout, (s.h + 2 * padding - kernel) / stride + 1,
                 (s.w + 2 * padding - kernel) / stride + 1);
}

static gb_node add_pool(gb_node x, shape s) {
    gb_pool_options options = {.window = pick(1, 4), .stride = pick(1, 3)};
    options.padding = pick(0, options.window / 2);
    if (s.h < options.window || s.w < options.window)
        return GB_NO_NODE;
    int h = (s.h + 2 * options.padding - options.window) / options.stride + 1;
    int w = (s.w + 2 * options.padding - options.window) / options.stride + 1;
    return added((one_in(2) ? gb_graph_max_pool : gb_graph_avg_pool)(g.graph, next_name(), x, &options), 3, s.c, h, w);
}

static gb_node add_distance(gb_node x, shape s) {
    static const char *const kinds[] = {"l1", "l2", "cosine", "weighted_l2"};
    int kind = pick(0, 3);
    return added(gb_graph_distance(g.graph, next_name(), kinds[kind], x, find(same, s),
                                   kind == 3 ? weight(1, s.c, 0, 0, 0) : NULL), 1, 1, 1, 1);
}

/* An operation of the networks that look at pictures. */
static void add_vision(gb_node x, shape s) {
    static const char *const modes[] = {"nearest", "bilinear", "area"};
    gb_graph *graph = g.graph;
    int h = pick(1, 9), w = pick(1, 9), groups = pick(1, 4);
    switch (pick(0, 9)) {
    case 0: case 1: add_general_convolution(x, s); break;
    case 2: add_pool(x, s); break;
    case 3: added(gb_graph_global_mean(graph, next_name(), x), 3, s.c, 1, 1); break;
    case 4: added(gb_graph_resize(graph, next_name(), x, h, w, modes[pick(0, 2)]), 3, s.c, h, w); break;
    case 5:
        if (s.c % groups == 0)
            added(gb_graph_shuffle(graph, next_name(), x, groups), s.ndim, s.c, s.h, s.w);
        break;
    case 6: added(gb_graph_flatten(graph, next_name(), x), 1, (int)floats_of(s), 1, 1); break;
    case 7: {
        const char *scale = weight(1, s.c, 0, 0, 0), *offset = weight(1, s.c, 0, 0, 0);
        added(gb_graph_channel_affine(graph, next_name(), x, scale, offset), s.ndim, s.c, s.h, s.w);
        break;
    }
    case 8: added(gb_graph_unit_norm(graph, next_name(), x, 1e-10f), s.ndim, s.c, s.h, s.w); break;
    default:
        add_distance(x, s);
        if ((x = find(a_vector, s)) != GB_NO_NODE)
            added(gb_graph_cross_entropy(graph, next_name(), x, vector(g.node[x].c)), 1, 1, 1, 1);
        break;
    }
}

/* Adds a random operation; does nothing if no existing node is a suitable input. */
static void add_node(void) {
    gb_graph *graph = g.graph;
    gb_node x = one_in(2) ? g.count - 1 : find(any, (shape){0}), y;
    shape s = g.node[x];
    bool small = 4 * floats_of(s) < MAX_FLOATS;
    switch (pick(0, 24)) {
    case 0: random_input(); break;
    case 1: added(gb_graph_constant(graph, next_name(), weight(3, s.c, s.h, s.w, 0)), 3, s.c, s.h, s.w); break;
    case 2: added(gb_graph_pixel_norm(graph, next_name(), x, 1e-8f), s.ndim, s.c, s.h, s.w); break;
    case 3:
        if ((x = find(a_vector, s)) != GB_NO_NODE) {
            int cout = pick(1, 40);
            const char *w = weight(2, cout, g.node[x].c, 0, 0);
            added(gb_graph_linear(graph, next_name(), x, w, number()), 1, cout, 1, 1);
        }
        break;
    case 4:
        y = find(same_map, s);
        if (floats_of(s) + floats_of(g.node[y]) < MAX_FLOATS)
            added(gb_graph_concat(graph, next_name(), x, y), s.ndim, s.c + g.node[y].c, s.h, s.w);
        break;
    case 5:
        if ((x = find(a_vector, s)) != GB_NO_NODE) {
            int num_ws = pick(1, 5);
            const char *w_avg = weight(1, g.node[x].c, 0, 0, 0);
            x = added(gb_graph_truncate(graph, next_name(), x, w_avg, num_ws), 2, num_ws, 1, g.node[x].c);
            if (pick(0, 3))
                added(gb_graph_select(graph, next_name(), x, pick(0, num_ws - 1)), 1, g.node[x].w, 1, 1);
        }
        break;
    case 6:
        if ((x = find(one_row_high, s)) != GB_NO_NODE)
            added(gb_graph_select(graph, next_name(), x, pick(0, g.node[x].c - 1)), 1, g.node[x].w, 1, 1);
        break;
    case 7: case 8: case 9:
        if (floats_of(s) / (size_t)s.c * 20 < MAX_FLOATS)
            add_convolution(x, s);
        break;
    case 10:
        if (small)
            added(gb_graph_upsample(graph, next_name(), x, weight(2, 4, 4, 0, 0)), 3, s.c, s.h * 2, s.w * 2);
        break;
    case 11: add_noise(x, s); break;
    case 12: add_bias_act(x, s); break;
    case 13: added(gb_graph_add(graph, next_name(), x, find(same, s)), s.ndim, s.c, s.h, s.w); break;
    case 14: added(gb_graph_scale(graph, next_name(), x, weight(pick(0, 3), 1, 1, 1, 0)), s.ndim, s.c, s.h, s.w); break;
    case 15: add_norm(x, s); break;
    case 16: {
        int count = pick(1, s.c), from = one_in(2) ? 0 : pick(0, s.c - count);
        added(gb_graph_slice(graph, next_name(), x, from, count), s.ndim, count, s.h, s.w);
        break;
    }
    case 17: add_reshape(); break;
    case 18:
        if (small)
            added(gb_graph_upsample_nearest(graph, next_name(), x), 3, s.c, s.h * 2, s.w * 2);
        if ((x = find(poolable, s)) != GB_NO_NODE)
            added(gb_graph_max_pool(graph, next_name(), x, NULL), 3, g.node[x].c, g.node[x].h / 2, g.node[x].w / 2);
        break;
    case 19: add_attention(x, s); break;
    default: add_vision(x, s); break;
    }
}

static bool suits(gb_node node, gb_role role) {
    bool input = g.is_input[node];
    int ndim = g.node[node].ndim;
    switch (role) {
    case GB_ROLE_Z: return input;
    case GB_ROLE_LABEL: return input && ndim == 1;
    case GB_ROLE_WS: return ndim == 2;
    case GB_ROLE_NOISE: return input && g.node[node].c == 1;
    case GB_ROLE_IMAGE: return ndim == 3;
    case GB_ROLE_PICTURE: return input && ndim == 3;
    default: return role != GB_ROLE_W;
    }
}

/* Gives roles to suitable nodes, after those that operations imply. */
static void add_roles(gb_role first, gb_role second) {
    bool given[GB_ROLE_PICTURE + 1][3] = {{false}};
    for (int i = pick(0, 6); i > 0; i--) {
        gb_role role = (gb_role)pick(first, second);
        gb_node node = pick(0, g.count - 1);
        int index = pick(0, 2);
        bool implied = first == GB_ROLE_Z && (role == GB_ROLE_WS || role == GB_ROLE_NOISE);
        if (!given[role][index] && !implied && suits(node, role)) {
            gb_graph_role(g.graph, node, role, index);
            given[role][index] = true;
        }
    }
}

static gb_model *build(gb_context *context, uint64_t seed) {
    gb_model *model = NULL;
    memset(&g, 0, sizeof g);
    state = seed;
    g.graph = gb_graph_new();
    random_input();
    if (one_in(8))
        add_roles(GB_ROLE_WS, GB_ROLE_NOISE);
    for (int i = pick(3, 22); i > 0 && g.count < MAX_NODES - 8; i--)
        add_node();
    add_roles(GB_ROLE_Z, GB_ROLE_PICTURE);
    gb_graph_alias(g.graph, "alias", g.name[0]);
    gb_graph_output(g.graph, one_in(2) ? g.count - 1 : pick(0, g.count - 1));
    OK(gb_model_build(context, g.graph, &model, &err));
    for (gb_node i = 0; i < g.count; i++) {
        gb_node_info info;
        shape s = g.node[i];
        gb_model_node(model, i, &info);
        const int64_t wanted[] = {s.c, s.ndim == 2 ? s.w : s.h, s.w};
        assert_int_equal(info.ndim, s.ndim);
        assert_memory_equal(info.shape, wanted, (size_t)s.ndim * sizeof *wanted);
    }
    return model;
}

/* ------------------------------------------------------------------------------------------------ sessions */

static void overwrite(void *arg, const gb_callback_values *v) {
    (void)arg;
    for (size_t i = 0; i < (size_t)v->n * (size_t)v->c * (size_t)v->h * (size_t)v->w; i++)
        v->values[i] = v->values[i] * 0.5f + 1;
}

/* A glob, or a node: usually one on which a bend of this kind can act. */
static const char *random_place(const gb_model *model, gb_bend_kind kind) {
    static const char *const globs[] = {"*", "L*", "L?", "L*.part*", "L2*", "L4*", "alias"};
    gb_node node = pick(0, g.count - 1);
    if (one_in(6))
        return globs[pick(0, 6)];
    for (int i = 0; i < 10 && !gb_model_can_bend(model, node, kind); i++)
        node = pick(0, g.count - 1);
    return g.name[node];
}

static void random_features(gb_features *features, int channels) {
    int *list = take(3 * sizeof *list);
    for (int i = 0; i < 3; i++)
        list[i] = pick(0, channels - 1);
    if (one_in(3))
        *features = (gb_features){GB_FEATURES_LIST, list, 3, 0, 0};
    else if (one_in(3))
        *features = (gb_features){GB_FEATURES_RANDOM, NULL, 0, (double)pick(0, 4) / 4, (uint64_t)pick(0, 9)};
}

/* A parameter anywhere in its range, ends included. */
static float parameter(const gb_param_info *p) {
    float low = fmaxf(p->low, -1e9f), high = fminf(p->high, 1e9f);
    float value = one_in(4) ? low : one_in(3) ? high : low + (high - low) * (float)pick(0, 100) / 100;
    if (one_in(2) && p->low <= -2 && p->high >= 2)
        value = number();
    return p->integer || p->choices ? floorf(value) : value;
}

/* The largest number of channels, height and width of the nodes that a place matches. */
static shape largest_at(const gb_model *model, const char *at) {
    gb_node nodes[MAX_NODES];
    size_t count = gb_model_match(model, at, nodes, MAX_NODES);
    shape most = {3, 1, 1, 1};
    for (size_t i = 0; i < count; i++) {
        const shape *s = &g.node[nodes[i]];
        most.c = s->c > most.c ? s->c : most.c;
        most.h = s->h > most.h ? s->h : most.h;
        most.w = s->w > most.w ? s->w : most.w;
    }
    return most;
}

static gb_bend_options random_bend(const gb_model *model, int batch) {
    gb_table_row row;
    size_t rows = 0;
    gb_bend_kind kind = (gb_bend_kind)pick(GB_BEND_FILTER, GB_BEND_CALLBACK);
    gb_bend_options o = {.kind = kind, .at = random_place(model, kind),
                         .factor = number(), .psi = number(), .reseed = one_in(2), .seed = (uint64_t)pick(0, 9),
                         .gain = number(), .grid = pick(0, 3), .vector_count = pick(1, 3), .add = one_in(2),
                         .samples = one_in(2) ? 1 : batch, .keep = (float)pick(0, 2) / 2, .set_psi = one_in(2),
                         .set_label = one_in(3), .label = pick(0, 3), .callback = overwrite};
    shape s = largest_at(model, o.at);
    if (o.kind == GB_BEND_PAINT) {
        int16_t *mask = take(6 * sizeof *mask);
        for (int i = 0; i < 6; i++)
            mask[i] = (int16_t)pick(-1, o.vector_count - 1);
        o.mask = one_in(2) ? mask : NULL;
        o.mask_h = 2;
        o.mask_w = 3;
        o.vectors = numbers((size_t)s.c * (size_t)o.vector_count);
    }
    if (o.kind == GB_BEND_SET)
        o.values = numbers(floats_of(s) * (size_t)o.samples);
    bool (*row_at)(size_t, gb_table_row *) = o.kind == GB_BEND_FILTER ? gb_filter_row : gb_activation_row;
    while (row_at(rows, &row))
        rows++;
    row_at((size_t)pick(0, (int)rows - 1), &row);
    if (o.kind == GB_BEND_FILTER || o.kind == GB_BEND_ACTIVATION) {
        char *name = take(64);
        snprintf(name, 64, "%s", row.name);
        o.name = name;
        o.param_count = pick(0, row.max_params);
        float *params = numbers((size_t)o.param_count);
        for (int i = 0; i < o.param_count; i++)
            params[i] = parameter(&row.param[i]);
        o.params = params;
    }
    random_features(&o.features, s.c);
    if (o.features.choice == GB_FEATURES_ALL)
        o.drop_bias = one_in(2), o.set_gain = one_in(2);
    return o;
}

typedef struct wishes {
    int batch, bends, feeds, label, map_samples[MAX_NODES];
    float psi;
    gb_noise noise;
    gb_bend_options bend[4];
    const float *ws, *w_avg;            /* for the node with the role of the w's */
    int ws_rows;
    const float *input[MAX_NODES];      /* a value for each input without default, and for some nodes */
} wishes;

static wishes random_wishes(gb_model *model) {
    wishes w = {.batch = pick(1, MAX_BATCH), .psi = one_in(2) ? (float)pick(0, 8) / 4 : 1, .label = pick(0, 4),
                .noise = (gb_noise)pick(GB_NOISE_CONST, GB_NOISE_RANDOM)};
    for (gb_node i = 0; i < g.count; i++) {
        w.map_samples[i] = one_in(2) ? 1 : w.batch;
        if (g.is_input[i] ? !g.has_value[i] || one_in(3) : one_in(20))
            w.input[i] = numbers(floats_of(g.node[i]) * (size_t)(g.is_map[i] ? w.map_samples[i] : w.batch));
    }
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    if (ws != GB_NO_NODE && one_in(3)) {
        w.ws_rows = one_in(2) ? 1 : g.node[ws].c;
        w.ws = numbers((size_t)w.batch * (size_t)w.ws_rows * (size_t)g.node[ws].w);
        w.w_avg = numbers((size_t)g.node[ws].w);
    }
    for (int i = pick(0, 3); i > 0; i--)
        w.bend[w.bends++] = random_bend(model, w.batch);
    return w;
}

/* Sets everything; no input stays unset. Settings that do not fit this graph are refused. */
static gb_session *open_session(gb_model *model, const wishes *w, gb_purpose purpose) {
    gb_session *session = NULL;
    OK(gb_session_new(model, &(gb_session_options){.purpose = purpose, .batch = w->batch, .keep_bytes = 1 << 20},
                      &session, &err));
    gb_session_truncate(session, w->psi, w->label - 1, &err);
    gb_session_seed(session, (uint64_t)w->label, &err);
    gb_session_set_class(session, w->label, &err);
    OK(gb_session_noise(session, w->noise, 3, &err));
    for (gb_node i = 0; i < g.count; i++) {
        gb_node_info info;
        gb_model_node(model, i, &info);
        if (!strcmp(info.op, "noise") && w->input[info.input[1]] && g.is_map[info.input[1]])
            OK(gb_session_set_noise_map(session, info.name, w->input[info.input[1]], w->map_samples[info.input[1]],
                                        &err));
        if (w->input[i] && !g.is_map[i])
            OK(gb_session_feed(session, info.name, w->input[i], &err));
    }
    if (w->ws) {
        gb_session_set_ws(session, w->ws, w->ws_rows, &err);
        gb_session_set_w_avg(session, w->w_avg, &err);
    }
    for (int i = 0; i < w->bends; i++)
        gb_session_bend(session, &w->bend[i], NULL, &err);
    return session;
}

static void read_all(gb_session *session, int batch) {
    for (gb_node i = 0; i < g.count; i++) {
        float *values = malloc(floats_of(g.node[i]) * (size_t)batch * sizeof *values);
        assert_non_null(values);
        OK(gb_session_read(session, i, values, &err));
        free(values);
    }
}

/* Compares the image of three renders, and renders previews and 8-bit pictures if the graph has them. */
static void compare(gb_model *model, const wishes *w) {
    int64_t s[3];
    gb_model_output_shape(model, s);
    size_t bytes = (size_t)(s[0] * s[1] * s[2]) * (size_t)w->batch * sizeof(float);
    float *image = take(bytes), *other = take(bytes);
    uint8_t *pixels = take((size_t)(s[0] * s[1] * s[2]) * (size_t)w->batch);
    uint8_t *rgb = take((size_t)(3 * s[1] * s[2]) * (size_t)w->batch);
    gb_session *fused = open_session(model, w, GB_ONCE), *split = open_session(model, w, GB_ONCE);
    gb_session *live = open_session(model, w, GB_INTERACTIVE);
    OK(gb_session_render(fused, image, &err));
    OK(gb_session_tap(split, "*", &err));
    OK(gb_session_render(split, other, &err));
    read_all(split, w->batch);
    if (memcmp(image, other, bytes))
        fail_msg("walk %d: split at every boundary it shows something else", walk_number);
    for (int height = 1; height <= 8; height *= 2) {
        size_t floats = 1;
        for (int i = 0; i < 3; i++) {
            gb_node node = gb_model_find_role(model, GB_ROLE_IMAGE, i);
            if (node != GB_NO_NODE && g.node[node].h == height && floats_of(g.node[node]) > floats)
                floats = floats_of(g.node[node]);
        }
        float *preview = take(floats * (size_t)w->batch * sizeof *preview);
        gb_session_preview(live, height, preview, &err);
    }
    for (int i = 0; i < 2; i++) {
        OK(gb_session_render(live, other, &err));
        if (memcmp(image, other, bytes))
            fail_msg("walk %d: an interactive session shows something else", walk_number);
    }
    gb_session_render_pixels(live, pixels, &err);
    gb_session_render_rgb(live, rgb, &err);
    gb_session_free(fused);
    gb_session_free(split);
    gb_session_free(live);
}

static void any_graph_that_can_be_built_renders_within_its_buffers(void **unused) {
    (void)unused;
    const char *const isas[] = {"plain", NULL};
    gb_context *context[2];
    for (int i = 0; i < 2; i++)
        OK(gb_context_new(&(gb_context_options){.threads = 1 + i, .isa = isas[i]}, &context[i], &err));
    for (walk_number = 1; walk_number <= WALKS; walk_number++) {
        gb_model *model = build(context[walk_number % 2], (uint64_t)walk_number * UINT64_C(0x9e3779b97f4a7c15));
        for (int i = 0; i < 3; i++) {
            wishes w = random_wishes(model);
            compare(model, &w);
        }
        gb_model_close(model);
        free_all();
    }
    for (int i = 0; i < 2; i++)
        gb_context_free(context[i]);
}

/* ------------------------------------------------------------------------------------------------ any arguments */

static int extreme(void) {
    static const int values[] = {0, 1, 2, 3, -1, 7, 8, 1 << 10, 1 << 20, (1 << 20) + 1, INT_MAX, INT_MIN, INT_MAX - 1};
    return values[pick(0, 12)];
}

/* One call with arbitrary arguments, on a graph with a vector, rows, maps and weights of most ranks. */
static void call_with_anything(gb_graph *graph) {
    static const char *const names[] = {"w0", "w1", "w2", "w3", "w4", "", "nowhere", NULL};
    const char *w = names[pick(0, 7)], *v = names[pick(0, 7)], *name = one_in(9) ? names[pick(0, 7)] : "new";
    gb_node x = one_in(4) ? extreme() : pick(0, 2), y = one_in(4) ? extreme() : pick(0, 2);
    const int64_t dims[8] = {extreme(), extreme(), extreme(), extreme()};
    const gb_conv2d_options conv = {.up = extreme(), .demodulate = one_in(2), .fir = v};
    const gb_bias_act_options act = {.bias = w, .act = one_in(2) ? "relu" : v, .clamp = NAN};
    const gb_batch_norm_options norm = {.mean = w, .var = v, .gain = x, .bias = y, .gain_weight = one_in(2) ? w : NULL};
    switch (pick(0, 20)) {
    case 0: gb_graph_input(graph, name, extreme(), dims, w); break;
    case 1: gb_graph_constant(graph, name, w); break;
    case 2: gb_graph_pixel_norm(graph, name, x, NAN); break;
    case 3: gb_graph_linear(graph, name, x, w, 1); break;
    case 4: gb_graph_concat(graph, name, x, y); break;
    case 5: gb_graph_truncate(graph, name, x, w, extreme()); break;
    case 6: gb_graph_select(graph, name, x, extreme()); break;
    case 7: gb_graph_conv2d(graph, name, x, y, w, &conv); break;
    case 8: gb_graph_upsample(graph, name, x, w); break;
    case 9: gb_graph_noise(graph, name, x, y, w); break;
    case 10: gb_graph_bias_act(graph, name, x, &act); break;
    case 11: gb_graph_add(graph, name, x, y); break;
    case 12: gb_graph_scale(graph, name, x, w); break;
    case 13: gb_graph_batch_norm(graph, name, x, &norm); break;
    case 14: gb_graph_slice(graph, name, x, extreme(), extreme()); break;
    case 15: gb_graph_reshape(graph, name, x, extreme(), extreme(), extreme(), one_in(2)); break;
    case 16: gb_graph_attention_scores(graph, name, x, y); gb_graph_softmax(graph, "more", x); break;
    case 17: gb_graph_attention_output(graph, name, x, y, extreme()); break;
    case 18: gb_graph_weight(graph, name, extreme(), dims, one_in(2) ? NULL : (const float *)dims); break;
    case 19: gb_graph_role(graph, x, (gb_role)pick(-1, 10), extreme()); break;
    default: gb_graph_output(graph, extreme()); break;
    }
}

static void any_arguments_build_a_graph_or_are_refused_in_words(void **unused) {
    (void)unused;
    gb_context *context;
    int built = 0;
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    state = 77;
    for (walk_number = 1; walk_number <= 20 * WALKS; walk_number++) {
        gb_model *model = NULL;
        memset(&g, 0, sizeof g);
        g.graph = gb_graph_new();
        weight(2, 4, 4, 0, 0), weight(4, 3, 8, 3, 3), weight(1, 8, 0, 0, 0), weight(3, 2, 3, 4, 0),
            weight(0, 0, 0, 0, 0);
        gb_graph_input(g.graph, "vector", 1, (const int64_t[]){8}, NULL);
        gb_graph_input(g.graph, "rows", 2, (const int64_t[]){3, 8}, NULL);
        gb_graph_input(g.graph, "maps", 3, (const int64_t[]){8, 3, 2}, NULL);
        gb_graph_output(g.graph, 0);
        call_with_anything(g.graph);
        err = (gb_error){0};
        gb_status status = gb_model_build(context, g.graph, &model, &err);
        assert_true(status == GB_OK ? model != NULL : status == GB_BAD_ARGUMENT && *err.message && !model);
        built += status == GB_OK;
        gb_model_close(model);
        free_all();
    }
    assert_in_range(built, WALKS, 19 * WALKS);      /* both happen */
    gb_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_graph_that_can_be_built_renders_within_its_buffers),
        cmocka_unit_test(any_arguments_build_a_graph_or_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
