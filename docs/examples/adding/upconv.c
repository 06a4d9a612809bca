/* An architecture: a small unconditional generator without normalisation.
 *   z → dense → 4×4 maps → (nearest ×2 → conv 3×3 → leaky ReLU) for each block → conv 3×3 → tanh
 * Node names are `dense`, `block0`, `block1`, …, `rgb`; tensors are those names with .weight and .bias. */
#include "engine/ganbend_graph.h"
#include "engine/models/models.h"

enum { START = 4, MAX_BLOCKS = 8 };

/* A convolution with bias and activation: the nodes NAME.conv and NAME. */
static gb_node conv(gb_graph *graph, const char *name, gb_node x, const char *act) {
    gb_node y = gb_graph_conv2d(graph, gb_name("%s.conv", name).text, x, GB_NO_NODE, gb_name("%s.weight", name).text,
                                &(gb_conv2d_options){0});
    return gb_graph_bias_act(graph, name, y,
                             &(gb_bias_act_options){.bias = gb_name("%s.bias", name).text, .act = act});
}

static void build(gb_graph *graph) {
    int z_dim = gb_config_int(graph, "z_dim", 1, 65536);
    int blocks = gb_config_int(graph, "blocks", 1, MAX_BLOCKS);
    int channels = gb_config_int(graph, "channels", 1, 65536);      /* of the first maps */
    gb_node z = gb_graph_input(graph, "z", 1, (int64_t[]){z_dim}, NULL);
    gb_graph_role(graph, z, GB_ROLE_Z, 0);
    gb_node x = gb_graph_linear(graph, "dense.linear", z, "dense.weight", 1);
    x = gb_graph_bias_act(graph, "dense", x, &(gb_bias_act_options){.bias = "dense.bias"});
    x = gb_graph_reshape(graph, "maps", x, channels, START, START, false);
    for (int i = 0; i < blocks; i++) {
        x = gb_graph_upsample_nearest(graph, gb_name("block%d.upsample", i).text, x);
        x = conv(graph, gb_name("block%d", i).text, x, "lrelu");
    }
    gb_graph_output(graph, conv(graph, "rgb", x, "tanh"));
}

const gb_architecture gb_upconv_architecture = {.name = "upconv", .title = "UpConv", .build = build};
