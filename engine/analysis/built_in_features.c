/* Built-in features: Gabor filters and opponent colours, rectified and averaged over tiles of 8×8 pixels.
 *
 *     g(x, y) = exp(−(x² + y²) / 2σ²) · cos(2π (x cos θ + y sin θ) / λ + φ),   σ = 1.8, λ = 5
 *
 * for θ = 0, 45, 90, 135° and φ = 0, −90°, made free of brightness and scaled to Σ|g| = 2. Each filter is there with both
 * signs, and ReLU keeps the positive part of each, so that all features are at least 0, as those behind a ReLU are. */
#include "built_in_features.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/ganbend_graph.h"
#include "engine/graph/graph.h"

enum { SIDE = 7, TAPS = SIDE * SIDE, DIRECTIONS = 4, EDGES = 4 * DIRECTIONS, COLOURS = 6, LEVELS = 3, TILE = 8 };

static const double pi = 3.14159265358979323846;
/* Brightness, red against green, blue against yellow. */
static const double opponents[COLOURS / 2][3] = {{0.299, 0.587, 0.114}, {1, -1, 0}, {-0.5, -0.5, 1}};

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

/* Writes the filters [EDGES, 1, SIDE, SIDE]. */
static void fill_edges(float *to) {
    double tap[TAPS];
    for (int k = 0; k < EDGES; k++) {
        make_edge(k / 2 % DIRECTIONS, k / 2 / DIRECTIONS, tap);
        for (int i = 0; i < TAPS; i++)
            *to++ = (float)((k % 2 ? -1 : 1) * tap[i]);
    }
}

static bool add_weights(gb_graph *graph) {
    const int64_t edges[] = {EDGES, 1, SIDE, SIDE}, colours[] = {COLOURS, 3, 1, 1}, luma[] = {1, 3, 1, 1}, channels[] = {3};
    float *edge = gb_network_add_f32(graph->network, "edges", 4, edges);
    float *colour = gb_network_add_f32(graph->network, "colours", 4, colours);
    float *brightness = gb_network_add_f32(graph->network, "luma", 4, luma);
    float *scale = gb_network_add_f32(graph->network, "scale", 1, channels);
    float *offset = gb_network_add_f32(graph->network, "offset", 1, channels);
    if (!edge || !colour || !brightness || !scale || !offset)
        return false;
    fill_edges(edge);
    for (int i = 0; i < COLOURS * 3; i++)
        colour[i] = (float)((i / 3 % 2 ? -1 : 1) * opponents[i / 6][i % 3]);
    for (int c = 0; c < 3; c++) {
        brightness[c] = (float)opponents[0][c];
        scale[c] = 1;
        offset[c] = -0.5f;          /* zeros beyond the margin are grey */
    }
    return true;
}

/* The filters' positive parts, averaged over tiles. */
static gb_node add_tiles(gb_graph *graph, const char *const name[3], gb_node x, const char *weight, int height, int width) {
    x = gb_graph_conv2d(graph, name[0], x, GB_NO_NODE, weight, NULL);
    x = gb_graph_bias_act(graph, name[1], x, &(gb_bias_act_options){.act = "relu"});
    return gb_graph_resize(graph, name[2], x, (height + TILE - 1) / TILE, (width + TILE - 1) / TILE, "area");
}

gb_status gb_built_in_features(gb_context *context, int height, int width, gb_model **model, gb_error *err) {
    static const char *const names[LEVELS][4] = {{"edges0.conv", "edges0.relu", "edges0", "luma0"},
                                                 {"edges1.conv", "edges1.relu", "edges1", "luma1"},
                                                 {"edges2.conv", "edges2.relu", "edges2", "luma2"}};
    static const char *const colour_names[3] = {"colours.conv", "colours.relu", "colours"};
    static const char *const pools[LEVELS] = {NULL, "halves", "quarters"};
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
        if (i)
            x = gb_graph_avg_pool(graph, pools[i], x, NULL);
        gb_node luma = gb_graph_conv2d(graph, names[i][3], x, GB_NO_NODE, "luma", NULL);
        gb_node tiles = add_tiles(graph, names[i], luma, "edges", height, width);
        all = i ? gb_graph_concat(graph, i == 1 ? "fine" : "edges", all, tiles) : tiles;
    }
    x = add_tiles(graph, colour_names, x, "colours", height, width);
    gb_graph_output(graph, gb_graph_concat(graph, "features", all, x));
    return gb_model_build(context, graph, model, err);
}
