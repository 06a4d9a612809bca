/* ResNet (He et al. 2016) and ResNeXt, as in torchvision: the stride of a bottleneck is in its 3×3 convolution. MONAI's
 * TorchVisionFCModel is the same network with the modules in one list, a mean over 7×7 pixels and a 1×1 convolution at
 * the end, so that a picture larger than 224×224 gives a map of results. */
#include "engine/ganbend_graph.h"
#include "vision.h"

#include <string.h>

enum { STAGES = 4, MOST_BLOCKS = 256 };

typedef struct resnet {
    gb_graph *graph;
    bool is_monai, bottleneck;
    int groups;
} resnet;

/* conv{k} and bn{k} of a block. */
static gb_node conv_norm(resnet *r, const char *block, int k, gb_node x, int stride, int groups) {
    x = gb_vision_conv(r->graph, gb_name("%s.conv%d", block, k).text, x,
                       &(gb_conv2d_options){.stride = stride, .groups = groups});
    return gb_vision_norm(r->graph, gb_name("%s.bn%d", block, k).text, x);
}

/* relu(x + F(x)); where stride or width changes, the shortcut is a 1×1 convolution and norm. */
static gb_node residual_block(resnet *r, const char *block, gb_node x, int stride) {
    gb_graph *g = r->graph;
    int last = r->bottleneck ? 3 : 2, strided = r->bottleneck ? 2 : 1;
    gb_node y = x;
    for (int k = 1; k <= last; k++) {
        y = conv_norm(r, block, k, y, k == strided ? stride : 1, r->bottleneck && k == 2 ? r->groups : 1);
        if (k < last)
            y = gb_vision_relu(g, gb_name("%s.relu%d", block, k).text, y);
    }
    if (gb_network_array(g->network, gb_name("%s.downsample.0.weight", block).text)) {
        x = gb_vision_conv(g, gb_name("%s.downsample.0", block).text, x, &(gb_conv2d_options){.stride = stride});
        x = gb_vision_norm(g, gb_name("%s.downsample.1", block).text, x);
        gb_graph_alias(g, gb_name("%s.downsample", block).text, gb_name("%s.downsample.1", block).text);
    }
    y = gb_graph_add(g, gb_name("%s.sum", block).text, y, x);
    return gb_vision_relu(g, block, y);
}

static gb_node stage(resnet *r, int index, int blocks, gb_node x) {
    gb_name_text name = r->is_monai ? gb_name("features.%d", 4 + index) : gb_name("layer%d", 1 + index);
    for (int i = 0; i < blocks && !r->graph->failed; i++)
        x = residual_block(r, gb_name("%s.%d", name.text, i).text, x, i == 0 && index ? 2 : 1);
    gb_graph_alias(r->graph, name.text, gb_name("%s.%d", name.text, blocks - 1).text);
    return x;
}

static gb_node head(resnet *r, gb_node x) {
    gb_graph *g = r->graph;
    if (r->is_monai) {
        x = gb_graph_avg_pool(g, "pool", x, &(gb_pool_options){.window = 7, .stride = 1});
        x = gb_vision_bias(g, "fc", gb_graph_conv2d(g, "fc.conv", x, GB_NO_NODE, "fc.weight", NULL));
    } else {
        x = gb_vision_dense(g, "fc", gb_graph_global_mean(g, "avgpool", x));
    }
    gb_graph_alias(g, "logits", "fc");
    return x;
}

static void build(gb_graph *graph) {
    resnet r = {.graph = graph, .groups = gb_config_int(graph, "groups", 1, 1 << 16)};
    const gb_meta *blocks = gb_network_meta(graph->network, "config.blocks");
    r.is_monai = !strcmp(gb_network_str(graph->network, "config.naming", ""), "monai");
    r.bottleneck = !strcmp(gb_network_str(graph->network, "config.block", ""), "bottleneck");
    if (!blocks || blocks->type != GB_META_INTS || blocks->count != STAGES) {
        gb_graph_fail(graph, "config.blocks is missing or not a list of %d integers", STAGES);
        return;
    }
    gb_node x = gb_vision_normalise(graph, "normalise", gb_vision_picture(graph, "image", 0));
    gb_graph_alias(graph, "image01", "image");
    x = gb_vision_conv(graph, r.is_monai ? "features.0" : "conv1", x, &(gb_conv2d_options){.stride = 2});
    x = gb_vision_norm(graph, r.is_monai ? "features.1" : "bn1", x);
    x = gb_vision_relu(graph, r.is_monai ? "features.2" : "relu", x);
    x = gb_graph_max_pool(graph, r.is_monai ? "features.3" : "maxpool", x,
                          &(gb_pool_options){.window = 3, .stride = 2, .padding = 1});
    for (int i = 0; i < STAGES && !graph->failed; i++) {
        if (blocks->ints[i] < 1 || blocks->ints[i] > MOST_BLOCKS)
            gb_graph_fail(graph, "config.blocks: stage %d has %lld blocks; expected 1 to %d", i,
                          (long long)blocks->ints[i], MOST_BLOCKS);
        else
            x = stage(&r, i, (int)blocks->ints[i], x);
    }
    gb_graph_output(graph, head(&r, x));
}

const gb_architecture gb_resnet_architecture = {
    .name = "resnet", .title = "ResNet", .build = build, .any_size = true,
};
