/* VGG-16 (Simonyan and Zisserman 2015) as in torchvision, and LPIPS v0.1 (Zhang et al. 2018) on top of it: the distance of
 * two pictures is the sum over five layers of the squared difference of their channels' directions, weighted by channel,
 * mean over the pixels. */
#include "engine/ganbend_graph.h"
#include "vision.h"

enum { STAGES = 5 };

gb_node gb_vgg16_features(gb_graph *graph, const char *prefix, gb_node x, gb_node tap[GB_VGG_TAPS]) {
    static const int convolutions[STAGES] = {2, 2, 3, 3, 3};
    int module = 0;
    for (int s = 0; s < STAGES; s++) {
        for (int i = 0; i < convolutions[s]; i++, module += 2) {
            gb_name_text name = gb_name("features.%d", module), node = gb_name("%s%s", prefix, name.text);
            x = gb_graph_conv2d(graph, gb_name("%s.conv", node.text).text, x, GB_NO_NODE,
                                gb_name("%s.weight", name.text).text, NULL);
            x = gb_graph_bias_act(graph, node.text, x,
                                  &(gb_bias_act_options){.bias = gb_name("%s.bias", name.text).text});
            x = gb_vision_relu(graph, gb_name("%sfeatures.%d", prefix, module + 1).text, x);
        }
        if (tap)
            tap[s] = x;
        if (!tap || s < STAGES - 1)         /* nobody reads the last one of LPIPS */
            x = gb_graph_max_pool(graph, gb_name("%sfeatures.%d", prefix, module).text, x, NULL);
        module++;
    }
    return x;
}

static void build_vgg(gb_graph *graph) {
    gb_node x = gb_vision_normalise(graph, "normalise", gb_vision_picture(graph, "image", 0));
    gb_graph_alias(graph, "image01", "image");
    x = gb_vgg16_features(graph, "", x, NULL);
    if (gb_network_array(graph->network, "classifier.0.weight")) {
        x = gb_graph_flatten(graph, "flatten", gb_graph_resize(graph, "avgpool", x, 7, 7, "area"));
        x = gb_vision_relu(graph, "classifier.1", gb_vision_dense(graph, "classifier.0", x));
        x = gb_vision_relu(graph, "classifier.4", gb_vision_dense(graph, "classifier.3", x));
        x = gb_vision_dense(graph, "classifier.6", x);
        gb_graph_alias(graph, "logits", "classifier.6");
    }
    gb_graph_output(graph, x);
}

/* The directions of the channels at the taps of one picture. */
static void branch(gb_graph *graph, const char *name, int index, gb_node direction[GB_VGG_TAPS]) {
    gb_name_text prefix = gb_name("%s.", name);
    gb_node x = gb_vision_picture(graph, name, index), tap[GB_VGG_TAPS];
    gb_vgg16_features(graph, prefix.text, gb_vision_normalise(graph, gb_name("%snormalise", prefix.text).text, x), tap);
    for (int i = 0; i < GB_VGG_TAPS; i++)
        direction[i] = gb_graph_unit_norm(graph, gb_name("%sunit%d", prefix.text, i).text, tap[i], 1e-10f);
}

static void build_lpips(gb_graph *graph) {
    gb_node a[GB_VGG_TAPS], b[GB_VGG_TAPS], layers = GB_NO_NODE, sum = GB_NO_NODE;
    branch(graph, "a", 0, a);
    branch(graph, "b", 1, b);
    for (int i = 0; i < GB_VGG_TAPS; i++) {
        gb_name_text name = gb_name("lin%d", i);
        gb_node layer = gb_graph_distance(graph, name.text, "weighted_l2", a[i], b[i], name.text);
        bool last = i == GB_VGG_TAPS - 1;
        layers = !i ? layer : gb_graph_concat(graph, last ? "per_layer" : gb_name("per_layer.%d", i).text, layers, layer);
        sum = !i ? layer : gb_graph_add(graph, last ? "distance" : gb_name("distance.%d", i).text, sum, layer);
    }
    (void)layers;
    gb_graph_output(graph, sum);
}

const gb_architecture gb_vgg16_architecture = {
    .name = "vgg16", .title = "VGG-16", .build = build_vgg, .any_size = true,
};
const gb_architecture gb_lpips_architecture = {
    .name = "lpips", .title = "LPIPS", .build = build_lpips, .any_size = true,
};
