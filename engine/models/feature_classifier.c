/* The FeatureClassifier of network-bending (Broad et al. 2021): a small ShuffleNet that names the feature map it is shown;
 * the ten numbers before its last layer embed the map. Maps of r×r pixels pass log2(r) − 3 shuffle units, each followed by
 * a max pool, so that 2×2 pixels are left. */
#include "engine/ganbend_graph.h"
#include "vision.h"

enum { CHANNELS = 50, HALF = CHANNELS / 2, MOST_UNITS = 8 };

static gb_node pool(gb_graph *graph, const char *name, gb_node x) {
    return gb_graph_max_pool(graph, name, x, &(gb_pool_options){.window = 3, .stride = 2, .padding = 1});
}

/* Half of the channels pass; the others go through 1×1, depthwise 3×3 and 1×1; then the halves are interleaved. */
static gb_node shuffle_unit(gb_graph *graph, int index, gb_node x) {
    gb_name_text unit = gb_name("shuffleLayers.%dres", index);
    gb_node passed = gb_graph_slice(graph, gb_name("%s.branch1", unit.text).text, x, 0, HALF);
    gb_node y = gb_graph_slice(graph, gb_name("%s.branch2.slice", unit.text).text, x, HALF, HALF);
    y = gb_vision_conv(graph, gb_name("%s.branch2.0", unit.text).text, y, NULL);
    y = gb_vision_norm(graph, gb_name("%s.branch2.1", unit.text).text, y);
    y = gb_vision_relu(graph, gb_name("%s.branch2.2", unit.text).text, y);
    y = gb_vision_conv(graph, gb_name("%s.branch2.3", unit.text).text, y, &(gb_conv2d_options){.groups = HALF});
    y = gb_vision_norm(graph, gb_name("%s.branch2.4", unit.text).text, y);
    y = gb_vision_conv(graph, gb_name("%s.branch2.5", unit.text).text, y, NULL);
    y = gb_vision_norm(graph, gb_name("%s.branch2.6", unit.text).text, y);
    y = gb_vision_relu(graph, gb_name("%s.branch2.7", unit.text).text, y);
    gb_graph_alias(graph, gb_name("%s.branch2", unit.text).text, gb_name("%s.branch2.7", unit.text).text);
    return gb_graph_shuffle(graph, unit.text, gb_graph_concat(graph, gb_name("%s.concat", unit.text).text, passed, y), 2);
}

static void build(gb_graph *graph) {
    int units = gb_config_int(graph, "units", 0, MOST_UNITS);
    gb_node x = gb_vision_picture(graph, "map", 0);
    x = gb_vision_conv(graph, "first_conv.0", x, &(gb_conv2d_options){.stride = 2});
    x = gb_vision_relu(graph, "first_conv.2", gb_vision_norm(graph, "first_conv.1", x));
    gb_graph_alias(graph, "first_conv", "first_conv.2");
    x = pool(graph, "pool", x);
    for (int i = 0; i < units && !graph->failed; i++) {
        x = shuffle_unit(graph, i, x);
        x = pool(graph, gb_name("pool%d", i).text, x);
    }
    x = gb_vision_dense(graph, "fc_bottleneck", gb_graph_global_mean(graph, "mean", x));
    x = gb_vision_dense(graph, "fc_out", x);
    gb_graph_alias(graph, "bottleneck", "fc_bottleneck");
    gb_graph_alias(graph, "logits", "fc_out");
    gb_graph_output(graph, x);
}

const gb_architecture gb_feature_classifier_architecture = {
    .name = "feature-classifier", .title = "FeatureClassifier", .build = build,
};
