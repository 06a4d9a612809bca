/* The FeatureClassifier of network-bending (Broad et al. 2021), which embeds single feature maps for clustering: files
 * models/classifiers/K/classifierK_final.pt, bare state dicts. The number of shuffle units gives the size of the maps. */
#include "families.h"
#include "vision.h"

#include <inttypes.h>
#include <stdio.h>

enum { CHANNELS = 50, HALF = CHANNELS / 2, MOST_UNITS = 8 };

/* 1×1, norm, ReLU, depthwise 3×3, norm, 1×1, norm, ReLU on half the channels. */
static bool bring_unit(gb_vision *v, int64_t unit) {
    static const int conv[] = {0, 3, 5}, norm[] = {1, 4, 6};
    char name[64];
    for (int i = 0; i < 3; i++) {
        int64_t shape[4] = {HALF, i == 1 ? 1 : HALF, i == 1 ? 3 : 1, i == 1 ? 3 : 1};
        snprintf(name, sizeof name, "shuffleLayers.%" PRId64 "res.branch2.%d", unit, conv[i]);
        if (!gb_vision_bring_conv(v, name, shape))
            return false;
        snprintf(name, sizeof name, "shuffleLayers.%" PRId64 "res.branch2.%d", unit, norm[i]);
        if (!gb_vision_bring_norm(v, name, HALF))
            return false;
    }
    return true;
}

/* `final_conv` is in the files, but the published forward pass does not use it. It is kept for those who train. */
static bool bring_unused(gb_vision *v) {
    int64_t shape[4] = {CHANNELS, 1, 1, 1};
    return !gb_vision_find(v, "final_conv.0.weight") ||
           (gb_vision_bring_conv(v, "final_conv.0", shape) && gb_vision_bring_norm(v, "final_conv.1", CHANNELS));
}

static bool bring(gb_vision *v) {
    int64_t first[4] = {CHANNELS, 1, 3, 3}, units = 0, embedding = 0, classes = 0, size = 8;
    while (gb_vision_find(v, "shuffleLayers.%" PRId64 "res.branch2.0.weight", units)) {
        if (units == MOST_UNITS)
            return gb_because(v->why, "has more than %d shuffle units", MOST_UNITS);
        if (!bring_unit(v, units++))
            return false;
        size *= 2;
    }
    if (!gb_vision_bring_conv(v, "first_conv.0", first) || !gb_vision_bring_norm(v, "first_conv.1", CHANNELS) ||
        !gb_vision_bring_dense(v, "fc_bottleneck", CHANNELS, &embedding) ||
        !gb_vision_bring_dense(v, "fc_out", embedding, &classes) || !bring_unused(v))
        return false;
    bool good = gb_network_set_int(v->network, "config.units", units) &&
                gb_network_set_float(v->network, "config.norm_eps", 1e-5) &&
                gb_network_note(v->network, "found a classifier of %" PRId64 " feature maps of %" PRId64 "x%" PRId64,
                                classes, size, size);
    return good ? gb_vision_describe(v, "feature-classifier", "feature-classifier", 1, size, -1.0, 1.0)
                : gb_vision_no_memory(v);
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    static const char *const within[] = {"first_conv.", "shuffleLayers.", "fc_", "final_conv.", NULL};
    gb_vision v;
    (void)config;
    if (!gb_vision_open(&v, c, prefix, n, why))
        return false;
    bool good = bring(&v) && gb_vision_finish(&v, "network-bending's FeatureClassifier", within);
    gb_vision_close(&v);
    return good;
}

const gb_family gb_feature_classifier = {
    .name = "feature-classifier", .summary = "network-bending's classifiers of feature maps: classifierN_final.pt",
    .source = "network-bending: models/classifiers/N/classifierN_final.pt",
    .landmarks = {"first_conv.0.weight", "fc_bottleneck.weight", "fc_out.weight"}, .looks = true, .adapt = adapt,
};
