/* Small random networks, each around one operation, activation or bend, for check_adjoint. Sizes are odd and differ. */
#ifndef GB_TESTS_GRADIENT_NETWORKS_H
#define GB_TESTS_GRADIENT_NETWORKS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ganbend_graph.h"
#include "engine/graph/graph.h"
#include "ops/bends/filters.h"

enum { NETWORK_WEIGHTS = 16 };

typedef struct network {
    char name[96];
    gb_graph *graph;
    float *weights[NETWORK_WEIGHTS];
    int weight_count;
    gb_bend_options bends[2];
    int bend_count;
    float params[GB_MAX_PARAMS], vectors[64], values[4096];
    int16_t mask[9];
    bool may_be_zero;           /* filters whose gradient is zero */
    bool fixed_weights;         /* its weights are not trained */
} network;

static uint64_t random_state;

static void seed_networks(uint64_t seed) {
    random_state = seed;
}

static double uniform(void) {       /* in [0, 1) */
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = random_state;
    x ^= x >> 29;
    x *= UINT64_C(0x9e3779b97f4a7c15);
    return (double)(x >> 11) / 9007199254740992.0;
}

static int between(int low, int high) {
    return low + (int)(uniform() * (high - low + 1));
}

static double normal(void) {
    return 1.7320508 * (uniform() + uniform() + uniform() + uniform() - 2.0);
}

/* `count` random numbers, or those of `from`. */
static double *random_doubles(size_t count, const float *from) {
    double *to = malloc((count + 1) * sizeof *to);
    for (size_t i = 0; i < count; i++)
        to[i] = from ? from[i] : normal();
    return to;
}

static void quit(const char *where, const char *why) {
    fprintf(stderr, "check_adjoint: %s: %s\n", where, why);
    exit(2);
}

/* ------------------------------------------------------------------------------------------------ parts */

/* A random weight; the name of the k-th is "wk". */
static const char *weight_like(network *n, int ndim, const int64_t *shape, bool positive) {
    static const char *const names[NETWORK_WEIGHTS] = {"w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7",
                                                       "w8", "w9", "w10", "w11", "w12", "w13", "w14", "w15"};
    size_t count = 1;
    for (int d = 0; d < ndim; d++)
        count *= (size_t)shape[d];
    float *w = malloc(count * sizeof *w);
    for (size_t i = 0; i < count; i++)
        w[i] = positive ? 0.2f + (float)fabs(normal()) : (float)normal();
    n->weights[n->weight_count] = w;
    gb_graph_weight(n->graph, names[n->weight_count], ndim, shape, w);
    return names[n->weight_count++];
}

static const char *weight1(network *n, int a) {
    return weight_like(n, 1, (const int64_t[]){a}, false);
}

static const char *weight2(network *n, int a, int b) {
    return weight_like(n, 2, (const int64_t[]){a, b}, false);
}

static const char *weight4(network *n, int a, int b, int k) {
    return weight_like(n, 4, (const int64_t[]){a, b, k, k}, false);
}

static gb_node map(network *n, const char *name, int c, int h, int w) {
    return gb_graph_input(n->graph, name, 3, (const int64_t[]){c, h, w}, NULL);
}

static gb_node vector(network *n, const char *name, int c) {
    return gb_graph_input(n->graph, name, 1, (const int64_t[]){c}, NULL);
}

/* ------------------------------------------------------------------------------------------------ operations */

static gb_node pixel_norm(network *n, int variant) {
    gb_node x = variant ? map(n, "x", 5, 3, 4) : vector(n, "x", 7);
    return gb_graph_pixel_norm(n->graph, "y", x, 1e-8f);
}

static gb_node linear(network *n, int variant) {
    (void)variant;
    return gb_graph_linear(n->graph, "y", vector(n, "x", 7), weight2(n, 5, 7), 0.37f);
}

/* Two layers with the same weights. */
static gb_node shared_weights(network *n, int variant) {
    (void)variant;
    const char *weight = weight4(n, 3, 2, 3), *bias = weight1(n, 3);
    gb_node a = gb_graph_conv2d(n->graph, "a.conv", map(n, "x", 2, 4, 5), GB_NO_NODE, weight, NULL);
    gb_node b = gb_graph_conv2d(n->graph, "b.conv", map(n, "z", 2, 8, 9), GB_NO_NODE, weight, &(gb_conv2d_options){.stride = 2});
    a = gb_graph_bias_act(n->graph, "a", a, &(gb_bias_act_options){.bias = bias, .act = "swish"});
    b = gb_graph_bias_act(n->graph, "b", b, &(gb_bias_act_options){.bias = bias, .act = "tanh", .bias_gain = 0.5f});
    return gb_graph_add(n->graph, "y", a, b);
}

static gb_node concat(network *n, int variant) {
    return variant ? gb_graph_concat(n->graph, "y", map(n, "a", 3, 2, 5), map(n, "b", 4, 2, 5))
                   : gb_graph_concat(n->graph, "y", vector(n, "a", 3), vector(n, "b", 6));
}

/* Both rows of a truncation: one moved towards the mean, one beyond the cutoff. */
static gb_node truncation(network *n, int variant) {
    gb_node ws = gb_graph_truncate(n->graph, "ws", vector(n, "x", 6), weight1(n, 6), 4);
    gb_node a = gb_graph_select(n->graph, "a", ws, variant), b = gb_graph_select(n->graph, "b", ws, 3);
    return gb_graph_add(n->graph, "y", a, b);
}

enum { KERNEL3 = 1, UP = 2, MODULATED = 4, DEMODULATED = 8, LAYER = 16, READ_TWICE = 32, WITH_SLOPE = 64 };

/* A convolution alone, or with noise, bias and activation behind it. */
static gb_node convolution(network *n, int variant) {
    int cin = between(1, 6), cout = between(1, 6), h = between(1, 5), w = between(1, 5);
    int kernel = variant & KERNEL3 ? 3 : 1, up = variant & UP ? 2 : 1;
    gb_node x = map(n, "x", cin, h, w), styles = variant & MODULATED ? vector(n, "styles", cin) : GB_NO_NODE;
    gb_conv2d_options options = {.up = up, .demodulate = (variant & DEMODULATED) != 0, .style_gain = 0.7f,
                                 .fir = up == 2 ? weight2(n, 4, 4) : NULL};
    gb_node y = gb_graph_conv2d(n->graph, "conv", x, styles, weight4(n, cout, cin, kernel), &options);
    if (variant & LAYER) {
        gb_node noise = map(n, "noise", 1, h * up, w * up);
        y = gb_graph_noise(n->graph, "conv.noise", y, noise, weight_like(n, 0, NULL, false));
        y = gb_graph_bias_act(n->graph, "layer", y,
                              &(gb_bias_act_options){.bias = weight1(n, cout), .bias_gain = 0.5f,
                                                     .act = variant & WITH_SLOPE ? "swish" : "lrelu", .gain = 1.4f});
    }
    return variant & READ_TWICE ? gb_graph_add(n->graph, "y", y, y) : y;
}

static gb_node upsample(network *n, int variant) {
    (void)variant;
    return gb_graph_upsample(n->graph, "y", map(n, "x", 3, 4, 3), weight2(n, 4, 4));
}

static gb_node noise(network *n, int variant) {
    (void)variant;
    gb_node x = map(n, "x", 3, 4, 5), m = map(n, "map", 1, 4, 5);
    return gb_graph_noise(n->graph, "y", x, m, weight_like(n, 0, NULL, false));
}

/* Activations that checkpoints contain, with bias, gain and clamp. */
static gb_node activation(network *n, int variant) {
    const char *act = gb_acts[variant / 2].name;
    gb_bias_act_options options = {.bias = weight1(n, 3), .act = act, .gain = 1.3f, .clamp = variant % 2 ? 0.9f : 0};
    snprintf(n->name, sizeof n->name, "bias_act %s%s", act, variant % 2 ? " clamped" : "");
    return gb_graph_bias_act(n->graph, "y", map(n, "x", 3, 4, 5), &options);
}

static gb_node scale(network *n, int variant) {
    (void)variant;
    return gb_graph_scale(n->graph, "y", map(n, "x", 3, 4, 5), weight_like(n, 1, (const int64_t[]){1}, false));
}

static gb_node batch_norm(network *n, int variant) {
    int rows = variant & 2 ? 3 : 1;
    const int64_t table[] = {rows, 4};
    gb_batch_norm_options options = {.eps = 0.01f, .gain = GB_NO_NODE, .bias = GB_NO_NODE, .gain_from_one = variant & 1};
    options.mean = weight_like(n, 2, table, false);
    options.var = weight_like(n, 2, table, true);
    gb_node x = map(n, "x", 4, 3, 5);
    if (variant & 4) {
        options.gain_weight = weight1(n, 4);
        options.bias_weight = weight1(n, 4);
    } else {
        options.gain = vector(n, "gain", 4);
        options.bias = vector(n, "bias", 4);
    }
    gb_node y = gb_graph_batch_norm(n->graph, "y", x, &options);
    n->graph->nodes[y].desc.batch_norm.own = variant & 8;       /* as in a session with batch_statistics */
    return y;
}

static gb_node slice(network *n, int variant) {
    (void)variant;
    return gb_graph_slice(n->graph, "y", map(n, "x", 7, 3, 2), 2, 3);
}

static gb_node reshape(network *n, int variant) {
    return gb_graph_reshape(n->graph, "y", vector(n, "x", 30), 5, 2, 3, variant);
}

static gb_node upsample_nearest(network *n, int variant) {
    (void)variant;
    return gb_graph_upsample_nearest(n->graph, "y", map(n, "x", 3, 3, 4));
}

static gb_node max_pool(network *n, int variant) {
    const gb_pool_options options[] = {{0}, {0}, {.window = 3, .stride = 2, .padding = 1}, {.window = 2, .stride = 1}};
    return gb_graph_max_pool(n->graph, "y", map(n, "x", 3, 4 + variant, 5), &options[variant]);
}

static gb_node avg_pool(network *n, int variant) {
    const gb_pool_options options[] = {{0}, {.window = 3, .stride = 2, .padding = 1}};
    return gb_graph_avg_pool(n->graph, "y", map(n, "x", 3, 5, 6), &options[variant]);
}

static gb_node global_mean(network *n, int variant) {
    (void)variant;
    return gb_graph_global_mean(n->graph, "y", map(n, "x", 3, 5, 4));
}

/* Kernels of 1 to 7, both strides, padding, groups. */
static gb_node conv2d(network *n, int variant) {
    int kernel = 1 + variant % 7, stride = 1 + variant / 7 % 2, groups = 1 + variant / 14 % 3;
    int cin = groups * between(1, 3), cout = groups * between(1, 3), size = kernel + between(0, 4);
    gb_conv2d_options options = {.stride = stride, .padding = between(0, 1) && kernel > 1 ? between(1, kernel - 1) : GB_NO_PADDING,
                                 .groups = groups};
    snprintf(n->name, sizeof n->name, "conv2d %d×%d, stride %d, padding %d, %d groups", kernel, kernel, stride,
             options.padding, groups);
    return gb_graph_conv2d(n->graph, "y", map(n, "x", cin, size, size + 1), GB_NO_NODE,
                           weight_like(n, 4, (const int64_t[]){cout, cin / groups, kernel, kernel}, false), &options);
}

static gb_node resize(network *n, int variant) {
    static const char *const modes[] = {"nearest", "bilinear", "area"};
    int smaller = variant / 3;
    return gb_graph_resize(n->graph, "y", map(n, "x", 2, 5, 6), smaller ? 3 : 8, smaller ? 4 : 11, modes[variant % 3]);
}

static gb_node shuffle(network *n, int variant) {
    return gb_graph_shuffle(n->graph, "y", map(n, "x", 6, 2, 3), variant ? 3 : 2);
}

static gb_node flatten(network *n, int variant) {
    (void)variant;
    return gb_graph_flatten(n->graph, "y", map(n, "x", 3, 2, 4));
}

static gb_node channel_affine(network *n, int variant) {
    (void)variant;
    return gb_graph_channel_affine(n->graph, "y", map(n, "x", 3, 2, 4), weight1(n, 3), weight1(n, 3));
}

static gb_node unit_norm(network *n, int variant) {
    (void)variant;
    return gb_graph_unit_norm(n->graph, "y", map(n, "x", 4, 2, 3), 1e-10f);
}

static gb_node distance(network *n, int variant) {
    static const char *const kinds[] = {"l1", "l2", "cosine", "weighted_l2"};
    gb_node a = map(n, "a", 3, 4, 3), b = map(n, "b", 3, 4, 3);
    return gb_graph_distance(n->graph, "y", kinds[variant], a, b, variant == 3 ? weight1(n, 3) : NULL);
}

/* The shares are no input here, because they have no gradient. */
static gb_node cross_entropy(network *n, int variant) {
    (void)variant;
    n->fixed_weights = true;
    gb_node shares = gb_graph_flatten(n->graph, "shares", gb_graph_constant(n->graph, "constant",
                                                                            weight_like(n, 3, (const int64_t[]){5, 1, 1}, true)));
    return gb_graph_cross_entropy(n->graph, "y", vector(n, "x", 5), shares);
}

static gb_node attention(network *n, int variant) {
    (void)variant;
    gb_node theta = map(n, "theta", 3, 4, 3), phi = map(n, "phi", 3, 2, 3), values = map(n, "values", 5, 2, 3);
    gb_node scores = gb_graph_attention_scores(n->graph, "scores", theta, phi);
    gb_node weights = gb_graph_softmax(n->graph, "weights", scores);
    return gb_graph_attention_output(n->graph, "y", values, weights, theta);
}

/* ------------------------------------------------------------------------------------------------ bends */

/* A node with an activation and room for any bend. */
static gb_node bendable(network *n, int c, int h, int w) {
    return gb_graph_bias_act(n->graph, "y", map(n, "x", c, h, w),
                             &(gb_bias_act_options){.bias = weight1(n, c), .act = "lrelu", .gain = 1.2f});
}

static void bend(network *n, gb_bend_options options) {
    options.at = options.at ? options.at : "y";
    n->bends[n->bend_count++] = options;
}

/* A bent activation with parameters off their default values; odd variants on some of the maps. */
static gb_node bent_activation(network *n, int variant) {
    static const int some[] = {0, 2};
    const gb_act_row *row = &gb_acts[variant / 2];
    int count = row->params < row->max_params ? 4 : row->params;
    for (int i = 0; i < count; i++)
        n->params[i] = row->param[i].default_value + 0.25f + 0.125f * (float)i;
    bend(n, (gb_bend_options){.kind = GB_BEND_ACTIVATION, .name = row->name, .params = n->params, .param_count = count,
                              .features = variant % 2 ? (gb_features){GB_FEATURES_LIST, some, 2, 0, 0} : (gb_features){0}});
    snprintf(n->name, sizeof n->name, "bent %s%s", row->name, variant % 2 ? " on some maps" : "");
    return bendable(n, 4, 3, 5);
}

enum { FILTER_VARIANTS = 8 };

/* A filter: by default; on some maps with mix ½; with each of its choices. */
static gb_node filtered(network *n, int variant) {
    static const int some[] = {0, 2, 3};
    const gb_filter *f = gb_filters[variant / FILTER_VARIANTS];
    int way = variant % FILTER_VARIANTS;
    for (int i = 0; i < f->params; i++) {
        n->params[i] = f->param[i].default_value;
        if (f->param[i].choices && way >= 2)
            n->params[i] = (float)((way - 2) % (int)(f->param[i].high + 1));
    }
    if (way == 1)
        n->params[f->params - 1] = 0.5f;
    bend(n, (gb_bend_options){.kind = GB_BEND_FILTER, .name = f->name, .params = n->params, .param_count = f->params,
                              .features = way == 1 ? (gb_features){GB_FEATURES_LIST, some, 3, 0, 0} : (gb_features){0}});
    snprintf(n->name, sizeof n->name, "filter %s %d", f->name, way);
    n->may_be_zero = !strcmp(f->name, "ablate") || !strcmp(f->name, "translate");
    return bendable(n, 5, 6, 7);
}

static gb_node painted(network *n, int variant) {
    static const int16_t mask[9] = {0, -1, 1, -1, -1, 0, 1, -1, -1};
    for (int i = 0; i < 8; i++)
        n->vectors[i] = (float)normal();
    memcpy(n->mask, mask, sizeof mask);
    bend(n, variant ? (gb_bend_options){.kind = GB_BEND_PAINT, .vectors = n->vectors, .vector_count = 1, .grid = 2}
                    : (gb_bend_options){.kind = GB_BEND_PAINT, .vectors = n->vectors, .vector_count = 2, .mask = n->mask,
                                        .mask_h = 3, .mask_w = 3});
    return bendable(n, 4, 5, 6);
}

static gb_node set(network *n, int variant) {
    static const int some[] = {1, 2};
    for (int i = 0; i < 60; i++)
        n->values[i] = (float)normal();
    bend(n, (gb_bend_options){.kind = GB_BEND_SET, .values = n->values, .samples = 1, .add = variant == 1,
                              .keep = variant == 2 ? 0.25f : 0, .features = {GB_FEATURES_LIST, some, 2, 0, 0}});
    return bendable(n, 4, 3, 5);
}

/* A disabled layer that enlarges, with fewer or more channels than its input. */
static gb_node disabled(network *n, int variant) {
    int cout = variant ? 2 : 6;
    gb_node x = map(n, "x", 4, 3, 2), y;
    y = gb_graph_conv2d(n->graph, "conv", x, GB_NO_NODE, weight4(n, cout, 4, 3),
                        &(gb_conv2d_options){.up = 2, .fir = weight2(n, 4, 4)});
    bend(n, (gb_bend_options){.kind = GB_BEND_DISABLE});
    return gb_graph_bias_act(n->graph, "y", y, &(gb_bias_act_options){.act = "lrelu"});
}

/* w's of a mapping network, bent: mixed with another seed's, truncated on its own. */
static gb_node bent_w(network *n, int variant) {
    gb_node z = vector(n, "z", 5);
    gb_graph_role(n->graph, z, GB_ROLE_Z, 0);
    gb_node w = gb_graph_linear(n->graph, "w", z, weight2(n, 6, 5), 1);
    gb_node ws = gb_graph_truncate(n->graph, "ws", w, weight1(n, 6), 3);
    gb_node y = gb_graph_select(n->graph, "y", ws, 1);
    bend(n, variant ? (gb_bend_options){.kind = GB_BEND_TRUNCATE, .psi = 0.4f}
                    : (gb_bend_options){.kind = GB_BEND_STYLE, .seed = 5, .keep = 0.25f});
    return y;
}

/* ------------------------------------------------------------------------------------------------ the list */

typedef struct network_row {
    const char *name;
    gb_node (*make)(network *n, int variant);
    int variants;
} network_row;

static int filter_count(void) {
    int count = 0;
    while (gb_filters[count])
        count++;
    return count;
}

/* Kernels of 1×1 with `up`, and demodulation without styles, do not exist. */
static bool convolution_exists(int variant) {
    return !((variant & UP) && !(variant & KERNEL3)) && !((variant & DEMODULATED) && !(variant & MODULATED)) &&
           !((variant & WITH_SLOPE) && !(variant & LAYER));
}

static bool exists(const network_row *row, int variant) {
    if (row->make == convolution)
        return convolution_exists(variant);
    if (row->make == activation)
        return variant / 2 <= GB_ACT_SWISH;
    if (row->make == bent_activation)
        return gb_acts[variant / 2].params && !gb_act_is_flat((gb_act_kind)(variant / 2));
    if (row->make == filtered)
        return gb_filter_has_gradient(gb_filters[variant / FILTER_VARIANTS]);
    return true;
}

/* Makes network `i`; false past the last. */
static bool next_network(int i, network *n) {
    const network_row rows[] = {
        {"pixel_norm", pixel_norm, 2}, {"linear", linear, 1}, {"shared weights", shared_weights, 1}, {"concat", concat, 2}, {"truncation", truncation, 3},
        {"convolution", convolution, 128}, {"upsample", upsample, 1}, {"noise", noise, 1},
        {"activation", activation, 2 * GB_ACTS}, {"scale", scale, 1}, {"batch_norm", batch_norm, 16}, {"slice", slice, 1},
        {"reshape", reshape, 2}, {"upsample_nearest", upsample_nearest, 1}, {"max_pool", max_pool, 4},
        {"avg_pool", avg_pool, 2}, {"global_mean", global_mean, 1}, {"conv2d", conv2d, 42}, {"resize", resize, 6},
        {"shuffle", shuffle, 2}, {"flatten", flatten, 1}, {"channel_affine", channel_affine, 1},
        {"unit_norm", unit_norm, 1}, {"distance", distance, 4}, {"cross_entropy", cross_entropy, 1},
        {"attention", attention, 1}, {"bent activation", bent_activation, 2 * GB_ACTS},
        {"filter", filtered, FILTER_VARIANTS * filter_count()}, {"paint", painted, 2}, {"set", set, 3},
        {"disable", disabled, 2}, {"bent w", bent_w, 2},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int variant = 0; variant < rows[k].variants; variant++) {
            if (!exists(&rows[k], variant) || i--)
                continue;
            *n = (network){.graph = gb_graph_new()};
            snprintf(n->name, sizeof n->name, "%s %d", rows[k].name, variant);
            gb_graph_output(n->graph, rows[k].make(n, variant));
            gb_graph_resolve(n->graph);
            if (n->graph->failed)
                quit(n->name, n->graph->why);
            return true;
        }
    return false;
}

static void free_network(network *n) {
    gb_graph_free(n->graph);
    for (int i = 0; i < n->weight_count; i++)
        free(n->weights[i]);
}

#endif
