/* Built-in features: Gabor filters and opponent colours, rectified and averaged over tiles of 8×8 pixels.
 *
 *     g(x, y) = exp(−(x² + y²) / 2σ²) · cos(2π (x cos θ + y sin θ) / λ + φ),   σ = 1.8, λ = 5
 *
 * for θ = 0, 45, 90, 135° and φ = 0, −90°, made free of brightness and scaled to Σ|g| = 2. Each filter is there with both
 * signs, and ReLU keeps the positive part of each, so that all features are at least 0, as those behind a ReLU are. */
#include "built_in_features.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/graph/graph.h"

enum { SIDE = 7, TAPS = SIDE * SIDE, DIRECTIONS = 4, EDGES = 4 * DIRECTIONS, COLOURS = 6, LEVELS = 3, TILE = 8, COLOUR_SIGNS = 2 };

static const double pi = 3.14159265358979323846;
static const double luma[3] = {0.299, 0.587, 0.114};
/* Brightness, red against green, blue against yellow. */
static const double opponents[COLOURS / COLOUR_SIGNS][3] = {{0.299, 0.587, 0.114}, {1, -1, 0}, {-0.5, -0.5, 1}};

static double window(int at) {
    const double sigma = 1.8;
    int y = at / SIDE - SIDE / 2, x = at % SIDE - SIDE / 2;
    return exp(-(y * y + x * x) / (2 * sigma * sigma));
}

static void make_edge(int direction, int phase, double tap[TAPS]) {
    const double wavelength = 5;
    double angle = pi * direction / DIRECTIONS, sum = 0, weight = 0, size = 0;
    for (int i = 0; i < TAPS; i++) {
        double along = (i % SIDE - SIDE / 2) * cos(angle) + (i / SIDE - SIDE / 2) * sin(angle);
        tap[i] = window(i) * cos(2 * pi * along / wavelength - phase * pi / 2);
        sum += tap[i];
        weight += window(i);
    }
    for (int i = 0; i < TAPS; i++) {
        tap[i] -= window(i) * sum / weight;
        size += fabs(tap[i]);
    }
    for (int i = 0; i < TAPS; i++)
        tap[i] *= 2 / size;
}

/* Writes the filters [EDGES, 3, SIDE, SIDE]. */
static void fill_edges(float *to) {
    double tap[TAPS];
    for (int k = 0; k < EDGES; k++) {
        make_edge(k / 2 % DIRECTIONS, k / 2 / DIRECTIONS, tap);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < TAPS; i++)
                *to++ = (float)((k % 2 ? -1 : 1) * luma[c] * tap[i]);
    }
}

/* Writes the filters [COLOURS, 3, SIDE, SIDE]. */
static void fill_colours(float *to) {
    double weight = 0;
    for (int i = 0; i < TAPS; i++)
        weight += window(i);
    for (int k = 0; k < COLOURS; k++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < TAPS; i++)
                *to++ = (float)((k % 2 ? -1 : 1) * opponents[k / 2][c] * window(i) / weight);
}

static bool add_weights(gb_graph *graph) {
    const int64_t edges[] = {EDGES, 3, SIDE, SIDE}, colours[] = {COLOURS, 3, SIDE, SIDE}, channels[] = {3};
    float *edge = gb_network_add_f32(graph->network, "edges", 4, edges);
    float *colour = gb_network_add_f32(graph->network, "colours", 4, colours);
    float *scale = gb_network_add_f32(graph->network, "scale", 1, channels);
    float *offset = gb_network_add_f32(graph->network, "offset", 1, channels);
    if (!edge || !colour || !scale || !offset)
        return false;
    fill_edges(edge);
    fill_colours(colour);
    for (int c = 0; c < 3; c++) {
        scale[c] = 1;
        offset[c] = -0.5f;          /* zeros beyond the margin are grey */
    }
    return true;
}

/* The filters' positive parts, averaged over tiles. */
static gb_node add_tiles(gb_graph *graph, const char *name, const char *positive, const char *tiles, gb_node x, const char *weight,
                         int height, int width) {
    x = gb_graph_conv2d(graph, name, x, GB_NO_NODE, weight, NULL);
    x = gb_graph_bias_act(graph, positive, x, &(gb_bias_act_options){.act = "relu"});
    return gb_graph_resize(graph, tiles, x, (height + TILE - 1) / TILE, (width + TILE - 1) / TILE, "area");
}

gb_status gb_built_in_features(gb_context *context, int height, int width, gb_model **model, gb_error *err) {
    static const char *const names[LEVELS][4] = {{"edges0.conv", "edges0.relu", "edges0", NULL},
                                                 {"edges1.conv", "edges1.relu", "edges1", "halves"},
                                                 {"edges2.conv", "edges2.relu", "edges2", "quarters"}};
    const int64_t shape[] = {3, height, width};
    gb_graph *graph = gb_graph_new();
    gb_node all = GB_NO_NODE;
    *model = NULL;
    if (!graph)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!add_weights(graph)) {
        gb_graph_free(graph);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    gb_node x = gb_graph_input(graph, "image", 3, shape, NULL);
    gb_graph_role(graph, x, GB_ROLE_PICTURE, 0);
    x = gb_graph_channel_affine(graph, "centred", x, "scale", "offset");
    for (int i = 0; i < LEVELS; i++) {
        const char *const *name = names[i];
        if (i)
            x = gb_graph_avg_pool(graph, name[3], x, NULL);
        gb_node tiles = add_tiles(graph, name[0], name[1], name[2], x, "edges", height, width);
        all = i ? gb_graph_concat(graph, i == 1 ? "fine" : "edges", all, tiles) : tiles;
    }
    x = add_tiles(graph, "colours.conv", "colours.relu", "colours", x, "colours", height, width);
    gb_graph_output(graph, gb_graph_concat(graph, "features", all, x));
    return gb_model_build(context, graph, model, err);
}
