/* The parts that networks which look at pictures are built from. */
#include "vision.h"

#include <string.h>

gb_node gb_vision_picture(gb_graph *graph, const char *name, int index) {
    int64_t shape[3] = {gb_config_int(graph, "channels", 1, 4096), gb_config_int(graph, "height", 1, 1 << 14),
                        gb_config_int(graph, "width", 1, 1 << 14)};
    gb_node node = gb_graph_input(graph, name, 3, shape, NULL);
    gb_graph_role(graph, node, GB_ROLE_PICTURE, index);
    return node;
}

gb_node gb_vision_normalise(gb_graph *graph, const char *name, gb_node x) {
    return gb_graph_channel_affine(graph, name, x, "normalise.scale", "normalise.offset");
}

gb_node gb_vision_conv(gb_graph *graph, const char *module, gb_node x, const gb_conv2d_options *options) {
    return gb_graph_conv2d(graph, module, x, GB_NO_NODE, gb_name("%s.weight", module).text, options);
}

gb_node gb_vision_norm(gb_graph *graph, const char *module, gb_node x) {
    gb_name_text mean = gb_name("%s.running_mean", module), var = gb_name("%s.running_var", module);
    gb_name_text gain = gb_name("%s.weight", module), bias = gb_name("%s.bias", module);
    return gb_graph_batch_norm(graph, module, x, &(gb_batch_norm_options){
        .mean = mean.text, .var = var.text, .gain = GB_NO_NODE, .bias = GB_NO_NODE, .gain_weight = gain.text,
        .bias_weight = bias.text, .eps = (float)gb_network_float(graph->network, "config.norm_eps", 1e-5)});
}

gb_node gb_vision_relu(gb_graph *graph, const char *name, gb_node x) {
    return gb_graph_bias_act(graph, name, x, &(gb_bias_act_options){.act = "relu"});
}

gb_node gb_vision_bias(gb_graph *graph, const char *module, gb_node x) {
    return gb_graph_bias_act(graph, module, x, &(gb_bias_act_options){.bias = gb_name("%s.bias", module).text});
}

gb_node gb_vision_dense(gb_graph *graph, const char *module, gb_node x) {
    x = gb_graph_linear(graph, gb_name("%s.linear", module).text, x, gb_name("%s.weight", module).text, 1);
    return gb_vision_bias(graph, module, x);
}
