/* A network of your own with the graph builder: a UNet generator as in the paper on painting with activation vectors of
 * histological pictures. A noise image is halved until 3×3 pixels are left, a vector of features is concatenated there to
 * every pixel, and what follows doubles the maps again, each time with the maps of that size on the way down. The paper's
 * picture has 1536×1536 pixels, so nine halvings. Its weights are not published; these are random and few.
 *
 *     cc unet.c -o unet $(pkg-config --cflags --libs ganbend) -lm
 *     ./unet 384 plain.png painted.png
 *
 * The second picture is painted at 6×6: the activation vectors of a darker and a brighter pixel are put where a mask says,
 * and the network continues from there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ganbend_graph.h>

enum { BOTTOM = 3, MOST_LEVELS = 9, NOISE_CHANNELS = 1, FEATURES = 768, NARROWEST = 8, WIDEST = 32 };

typedef struct unet {
    gb_graph *graph;
    int levels, size;                   /* size = 3 · 2^levels */
    float *weights[4 * MOST_LEVELS + 8];      /* in use until the model is closed */
    int weight_count;
    uint64_t seed;
} unet;

static int channels(int level) {
    return NARROWEST << level < WIDEST ? NARROWEST << level : WIDEST;
}

/* A weight of normally distributed numbers with that deviation. */
static void add_weight(unet *u, const char *name, int ndim, const int64_t *shape, float deviation) {
    size_t count = 1;
    for (int i = 0; i < ndim; i++) count *= (size_t)shape[i];
    float *values = malloc(count * sizeof *values);
    if (!values) return;                /* the builder reports that the weight is missing */
    gb_randn(GB_RNG_TORCH, u->seed++, count, values);
    for (size_t i = 0; i < count; i++) values[i] *= deviation;
    u->weights[u->weight_count++] = values;
    gb_graph_weight(u->graph, name, ndim, shape, values);
}

/* Convolution 3×3, bias, activation: the nodes NAME.conv and NAME. */
static gb_node conv(unet *u, const char *name, gb_node x, int cin, int cout, int stride, const char *act) {
    char weight[40], bias[40], node[40];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    snprintf(node, sizeof node, "%s.conv", name);
    add_weight(u, weight, 4, (int64_t[]){cout, cin, 3, 3}, sqrtf(2.0f / (float)(9 * cin)));
    add_weight(u, bias, 1, (int64_t[]){cout}, 0.1f);
    x = gb_graph_conv2d(u->graph, node, x, GB_NO_NODE, weight, &(gb_conv2d_options){.stride = stride});
    return gb_graph_bias_act(u->graph, name, x, &(gb_bias_act_options){.bias = bias, .act = act});
}

/* Builds the network. Its inputs are `noise` [1, size, size] and `features` [768]; its layers `down0`, `down1`, …, and
 * `up0` (6×6), `up1` (12×12), … */
static void build(unet *u) {
    gb_graph *g = u->graph;
    gb_node skip[MOST_LEVELS + 1], x, features;
    char name[40];
    x = gb_graph_input(g, "noise", 3, (int64_t[]){NOISE_CHANNELS, u->size, u->size}, NULL);
    features = gb_graph_input(g, "features", 1, (int64_t[]){FEATURES}, NULL);
    skip[0] = x = conv(u, "first", x, NOISE_CHANNELS, channels(0), 1, "lrelu");
    for (int i = 0; i < u->levels; i++) {
        snprintf(name, sizeof name, "down%d", i);
        skip[i + 1] = x = conv(u, name, x, channels(i), channels(i + 1), 2, "lrelu");
    }
    /* The features are the same at every pixel of the bottleneck. */
    x = gb_graph_concat(g, "bottleneck.concat", x, gb_graph_resize(g, "features.maps", features, BOTTOM, BOTTOM, "nearest"));
    x = conv(u, "bottleneck", x, channels(u->levels) + FEATURES, channels(u->levels), 1, "lrelu");
    for (int i = u->levels - 1; i >= 0; i--) {
        char up[60], both[60];
        snprintf(name, sizeof name, "up%d", u->levels - 1 - i);
        snprintf(up, sizeof up, "%s.upsample", name);
        snprintf(both, sizeof both, "%s.concat", name);
        x = gb_graph_concat(g, both, gb_graph_upsample_nearest(g, up, x), skip[i]);
        x = conv(u, name, x, channels(i + 1) + channels(i), channels(i), 1, "lrelu");
    }
    gb_graph_output(g, conv(u, "rgb", x, channels(0), 3, 1, "tanh"));
}

/* Makes the model. Free the weights when it is closed. */
static gb_status make_unet(unet *u, gb_context *context, int size, gb_model **model, gb_error *err) {
    *u = (unet){.graph = gb_graph_new(), .size = size, .seed = 1};
    while (u->levels < MOST_LEVELS && size > BOTTOM) size /= 2, u->levels++;
    if (u->size != BOTTOM << u->levels || !u->levels || !u->graph) {
        gb_graph_free(u->graph);
        snprintf(err->message, sizeof err->message, "the size is %d; expected 3 times a power of two from 6 to 1536", u->size);
        return err->status = GB_BAD_ARGUMENT;
    }
    build(u);
    return gb_model_build(context, u->graph, model, err);
}

static void free_weights(unet *u) {
    for (int i = 0; i < u->weight_count; i++) free(u->weights[i]);
}

/* Noise and features from a seed. */
static gb_status set_inputs(const unet *u, gb_session *session, uint64_t seed, gb_error *err) {
    size_t pixels = NOISE_CHANNELS * (size_t)u->size * (size_t)u->size;
    float features[FEATURES], *noise = malloc(pixels * sizeof *noise);
    gb_status status = noise ? GB_OK : (err->status = GB_NO_MEMORY);
    if (noise) {
        gb_randn(GB_RNG_TORCH, seed, pixels, noise);
        gb_randn(GB_RNG_TORCH, seed + 1, FEATURES, features);
        status = gb_session_feed(session, "noise", noise, err);
        if (!status) status = gb_session_feed(session, "features", features, err);
    }
    free(noise);
    return status;
}

/* Paints `up0`, the layer with 6×6 pixels: the vectors of two of its pixels, by a mask; where it is negative, the layer keeps
 * its values. */
static gb_status paint(gb_session *session, const gb_model *model, gb_error *err) {
    enum { SIDE = 2 * BOTTOM };
    static const int16_t mask[SIDE * SIDE] = {
        0,  0,  0,  -1, -1, -1,
        0,  0,  0,  -1, -1, -1,
        0,  0,  0,  -1, 1,  1,
        -1, -1, -1, -1, 1,  1,
        -1, -1, 1,  1,  1,  1,
        -1, -1, 1,  1,  1,  1,
    };
    gb_node node = gb_model_find(model, "up0");
    gb_node_info info;
    gb_bend bend;
    gb_model_node(model, node, &info);
    int c = (int)info.shape[0], pixels = SIDE * SIDE, least = 0, most = 0;
    float *maps = malloc((size_t)(c * (pixels + 2)) * sizeof *maps), *vectors = maps + c * pixels, sums[SIDE * SIDE] = {0};
    if (!maps) return err->status = GB_NO_MEMORY;
    gb_status status = gb_session_tap(session, "up0", err);
    if (!status) status = gb_session_render(session, NULL, err);
    if (!status) status = gb_session_read(session, node, maps, err);
    for (int p = 0; p < pixels && !status; p++) {
        for (int k = 0; k < c; k++) sums[p] += maps[k * pixels + p];
        least = sums[p] < sums[least] ? p : least;
        most = sums[p] > sums[most] ? p : most;
    }
    for (int k = 0; k < c && !status; k++) {
        vectors[k] = maps[k * pixels + least];
        vectors[c + k] = maps[k * pixels + most];
    }
    if (!status)
        status = gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_PAINT, .at = "up0", .vectors = vectors,
                                 .vector_count = 2, .mask = mask, .mask_h = SIDE, .mask_w = SIDE}, &bend, err);
    free(maps);
    return status;
}

int main(int argc, char **argv) {
    gb_error err = {0};
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_session *session = NULL;
    unet u = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: unet SIZE PLAIN.png PAINTED.png\n");
        return 2;
    }
    int failed = gb_context_new(NULL, &context, &err) || make_unet(&u, context, atoi(argv[1]), &model, &err) ||
                 gb_session_new(model, NULL, &session, &err) || set_inputs(&u, session, 7, &err) ||
                 gb_session_render_png(session, argv[2], &err) || paint(session, model, &err) ||
                 gb_session_render_png(session, argv[3], &err);
    if (failed) fprintf(stderr, "unet: %s\n", err.message);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    free_weights(&u);
    return failed;
}
