/* New classifiers of feature maps, as network-bending trains them (Broad et al. 2021). engine/models/feature_classifier.c builds
 * the graph. */
#include "init_classifier.h"

#include <math.h>
#include <stdio.h>

#include "engine/base/error.h"
#include "engine/base/random.h"

enum { CHANNELS = 50, HALF = CHANNELS / 2, EMBEDDING = 10, SMALLEST = 8, MOST_UNITS = 8, MOST_MAPS = 65536 };

typedef struct init {
    gb_network *network;
    gb_random random;
    bool failed;
} init;

static float *add(init *n, const char *module, const char *what, int ndim, const int64_t *shape) {
    char name[96];
    snprintf(name, sizeof name, "%s.%s", module, what);
    float *values = gb_network_add_f32(n->network, name, ndim, shape);
    n->failed |= !values;
    return values;
}

/* Uniform within ±1/√fan. */
static void draw(init *n, float *values, int64_t count, int64_t fan) {
    float bound = (float)(1 / sqrt((double)fan));
    for (int64_t i = 0; values && i < count; i++)
        values[i] = bound * (float)(2.0 * (double)(gb_random_word(&n->random) >> 8) / 16777216.0 - 1.0);
}

static void add_conv(init *n, const char *module, int64_t out, int64_t in, int64_t kernel) {
    int64_t shape[4] = {out, in, kernel, kernel}, fan = in * kernel * kernel;
    draw(n, add(n, module, "weight", 4, shape), out * fan, fan);
}

static void add_dense(init *n, const char *module, int64_t out, int64_t in) {
    draw(n, add(n, module, "weight", 2, (const int64_t[]){out, in}), out * in, in);
    draw(n, add(n, module, "bias", 1, &out), out, in);
}

static void add_norm(init *n, const char *module, int64_t channels) {
    static const struct { const char *name; float value; } tensors[] = {
        {"weight", 1}, {"bias", 0}, {"running_mean", 0}, {"running_var", 1}};
    for (size_t t = 0; t < sizeof tensors / sizeof *tensors; t++) {
        float *values = add(n, module, tensors[t].name, 1, &channels);
        for (int64_t i = 0; values && i < channels; i++)
            values[i] = tensors[t].value;
    }
}

static void add_unit(init *n, int unit) {
    static const struct { int conv, norm; int64_t in, kernel; } parts[] = {{0, 1, HALF, 1}, {3, 4, 1, 3}, {5, 6, HALF, 1}};
    char name[64];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "shuffleLayers.%dres.branch2.%d", unit, parts[i].conv);
        add_conv(n, name, HALF, parts[i].in, parts[i].kernel);
        snprintf(name, sizeof name, "shuffleLayers.%dres.branch2.%d", unit, parts[i].norm);
        add_norm(n, name, HALF);
    }
}

static bool describe(gb_network *n, int64_t side, int units) {
    const double range[2] = {-1, 1};
    return gb_network_set_str(n, "architecture", "feature-classifier") &&
           gb_network_set_str(n, "origin.family", "feature-classifier") && gb_network_set_int(n, "config.channels", 1) &&
           gb_network_set_int(n, "config.height", side) && gb_network_set_int(n, "config.width", side) &&
           gb_network_set_floats(n, "config.range", range, 2) && gb_network_set_int(n, "config.units", units) &&
           gb_network_set_float(n, "config.norm_eps", 1e-5);
}

gb_status gb_classifier_network_new(int64_t maps, int64_t side, uint64_t seed, gb_network **network, gb_error *err) {
    init n = {0};
    int units = 0;
    *network = NULL;
    while (units < MOST_UNITS && SMALLEST << units < side)
        units++;
    if (SMALLEST << units != side || maps < 2 || maps > MOST_MAPS)
        return gb_fail(err, GB_BAD_ARGUMENT, "there are no classifiers of %lld maps of %lldx%lld pixels; sizes are 8, 16, 32, … %d",
                       (long long)maps, (long long)side, (long long)side, SMALLEST << MOST_UNITS);
    n.network = gb_network_new();
    if (!n.network)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_random_seed(&n.random, seed);
    add_conv(&n, "first_conv.0", CHANNELS, 1, 3);
    add_norm(&n, "first_conv.1", CHANNELS);
    for (int i = 0; i < units; i++)
        add_unit(&n, i);
    add_dense(&n, "fc_bottleneck", EMBEDDING, CHANNELS);
    add_dense(&n, "fc_out", maps, EMBEDDING);
    if (n.failed || !describe(n.network, side, units)) {
        gb_network_free(n.network);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    *network = n.network;
    return GB_OK;
}
