/* StyleGAN2: mapping network, truncation, and a synthesis network of skip, residual or plain blocks.
 * Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020); node names are the module paths of
 * NVIDIA's PyTorch code, operations that are no module of their own are parent.operation. docs/layers.md lists them. */
#include <math.h>
#include <string.h>

#include "models.h"

enum { MAX_RESOLUTION = 4096, MAX_MAPPING_LAYERS = 64, MAX_NUM_WS = 22 };

/* What the metadata says of the whole network. */
typedef struct stylegan2 {
    gb_graph *graph;
    int z_dim, c_dim, w_dim, resolution, mapping_layers;
    float mapping_lr, clamp;        /* clamp 0 = none */
    const char *mapping_activation, *activation, *block;
    gb_node w[MAX_NUM_WS];
} stylegan2;

static bool is_block(const stylegan2 *p, const char *kind) {
    return !strcmp(p->block, kind);
}

/* The gain a network gives an activation of this name; unknown names are reported where they are used. */
static float act_gain(const char *act) {
    int kind = gb_act_find(act);
    return kind < 0 ? 1 : gb_acts[kind].gain;
}

/* Settings of a layer, which may differ from the network's. */
static float layer_clamp(const stylegan2 *p, const char *layer) {
    gb_name_text key = gb_name("config.layer.%s.conv_clamp", layer);
    float clamp = (float)gb_network_float(p->graph->network, key.text, p->clamp);
    return clamp > 0 ? clamp : 0;
}

static const char *layer_act(const stylegan2 *p, const char *layer) {
    return gb_network_str(p->graph->network, gb_name("config.layer.%s.activation", layer).text, p->activation);
}

/* y = act(x Wᵀ · weight_gain + bias · bias_gain) · gain: the nodes layer.linear and layer. */
static gb_node dense(stylegan2 *p, const char *layer, gb_node x, float weight_gain, float bias_gain, const char *act) {
    gb_name_text weight = gb_name("%s.weight", layer), bias = gb_name("%s.bias", layer);
    gb_node y = gb_graph_linear(p->graph, gb_name("%s.linear", layer).text, x, weight.text, weight_gain);
    return gb_graph_bias_act(p->graph, layer, y, &(gb_bias_act_options){.bias = bias.text,
                                                                       .bias_gain = bias_gain,
                                                                       .act = act,
                                                                       .gain = act_gain(act)});
}

/* z (and a label) → w, and the w of every layer, truncated. */
static void mapping(stylegan2 *p) {
    gb_graph *g = p->graph;
    gb_node x = GB_NO_NODE;
    int features = 0;
    if (p->z_dim > 0) {
        x = gb_graph_input(g, "z", 1, (const int64_t[]){p->z_dim}, NULL);
        x = gb_graph_pixel_norm(g, "mapping.normalize", x, 1e-8f);
        features += p->z_dim;
    }
    if (p->c_dim > 0) {
        gb_node label = gb_graph_input(g, "label", 1, (const int64_t[]){p->c_dim}, NULL);
        gb_node y = dense(p, "mapping.embed", label, 1 / sqrtf((float)p->c_dim), 1, "linear");
        y = gb_graph_pixel_norm(g, "mapping.embed.normalize", y, 1e-8f);
        x = p->z_dim > 0 ? gb_graph_concat(g, "mapping.concat", x, y) : y;
        features += p->w_dim;
    }
    for (int i = 0; i < p->mapping_layers; i++) {
        float gain = p->mapping_lr / sqrtf((float)features);
        x = dense(p, gb_name("mapping.fc%d", i).text, x, gain, p->mapping_lr, p->mapping_activation);
        features = p->w_dim;
    }
    int num_ws = 2 * (int)lrint(log2(p->resolution)) - 2;
    gb_node ws = gb_graph_truncate(g, "mapping", x, "mapping.w_avg", num_ws);
    for (int k = 0; k < num_ws; k++)
        p->w[k] = gb_graph_select(g, gb_name("synthesis.w%d", k).text, ws, k);
}

static gb_node affine(stylegan2 *p, const char *layer, gb_node w) {
    return dense(p, gb_name("%s.affine", layer).text, w, 1 / sqrtf((float)p->w_dim), 1, "linear");
}

/* A synthesis layer: modulated 3×3, noise, bias and activation. `scale` multiplies gain and clamp (√½ in residual
 * blocks). */
static gb_node synthesis_layer(stylegan2 *p, const char *layer, gb_node x, gb_node w, int r, int up, float scale) {
    gb_graph *g = p->graph;
    gb_node styles = affine(p, layer, w);
    gb_name_text weight = gb_name("%s.weight", layer), bias = gb_name("%s.bias", layer);
    gb_name_text fir = gb_name("%s.resample_filter", layer);
    x = gb_graph_conv2d(g, gb_name("%s.conv", layer).text, x, styles, weight.text,
                        &(gb_conv2d_options){.up = up, .demodulate = true, .fir = up > 1 ? fir.text : NULL});
    if (gb_network_bool(g->network, gb_name("config.layer.%s.use_noise", layer).text, true)) {
        gb_name_text map = gb_name("%s.noise_const", layer);
        gb_node noise = gb_graph_input(g, map.text, 3, (const int64_t[]){1, r, r}, map.text);
        x = gb_graph_noise(g, gb_name("%s.noise", layer).text, x, noise, gb_name("%s.noise_strength", layer).text);
    }
    const char *act = layer_act(p, layer);
    return gb_graph_bias_act(g, layer, x, &(gb_bias_act_options){.bias = bias.text,
                                                                .act = act,
                                                                .gain = act_gain(act) * scale,
                                                                .clamp = layer_clamp(p, layer) * scale});
}

static gb_node to_rgb(stylegan2 *p, const char *layer, gb_node x, gb_node w) {
    gb_graph *g = p->graph;
    gb_node styles = affine(p, layer, w);
    gb_name_text weight = gb_name("%s.weight", layer), bias = gb_name("%s.bias", layer);
    const gb_array *a = gb_network_array(g->network, weight.text);
    float gain = a && a->ndim == 4 && a->shape[1] > 0 ? 1 / sqrtf((float)a->shape[1]) : 1;
    x = gb_graph_conv2d(g, gb_name("%s.conv", layer).text, x, styles, weight.text,
                        &(gb_conv2d_options){.style_gain = gain});
    return gb_graph_bias_act(g, layer, x, &(gb_bias_act_options){.bias = bias.text, .clamp = layer_clamp(p, layer)});
}

/* A residual block's way past its convolutions: 1×1, enlarged by the FIR, × √½. */
static gb_node residual_skip(stylegan2 *p, const char *layer, gb_node x) {
    gb_graph *g = p->graph;
    gb_name_text weight = gb_name("%s.weight", layer), fir = gb_name("%s.resample_filter", layer);
    const gb_array *a = gb_network_array(g->network, weight.text);
    float gain = a && a->ndim == 4 && a->shape[1] > 0 ? 1 / sqrtf((float)a->shape[1]) : 1;
    x = gb_graph_conv2d(g, gb_name("%s.conv", layer).text, x, GB_NO_NODE, weight.text,
                        &(gb_conv2d_options){.style_gain = gain});
    x = gb_graph_upsample(g, gb_name("%s.upsample", layer).text, x, fir.text);
    return gb_graph_bias_act(g, layer, x, &(gb_bias_act_options){.gain = sqrtf(0.5f)});
}

static void synthesis(stylegan2 *p) {
    gb_graph *g = p->graph;
    gb_node x = gb_graph_constant(g, "synthesis.b4.const", "synthesis.b4.const");
    gb_node picture = GB_NO_NODE;
    int next_w = 0;
    for (int r = 4; r <= p->resolution; r *= 2) {
        gb_name_text block = gb_name("synthesis.b%d", r);
        bool residual = is_block(p, "resnet") && r > 4;
        gb_node skip = residual ? residual_skip(p, gb_name("%s.skip", block.text).text, x) : GB_NO_NODE;
        if (r > 4)
            x = synthesis_layer(p, gb_name("%s.conv0", block.text).text, x, p->w[next_w++], r, 2, 1);
        float scale = residual ? sqrtf(0.5f) : 1;
        x = synthesis_layer(p, gb_name("%s.conv1", block.text).text, x, p->w[next_w++], r, 1, scale);
        if (residual)
            x = gb_graph_add(g, gb_name("%s.sum", block.text).text, skip, x);

        bool last = r == p->resolution;
        if (!last && !is_block(p, "skip"))
            continue;
        if (picture != GB_NO_NODE)
            picture = gb_graph_upsample(g, gb_name("%s.upsample", block.text).text, picture,
                                        gb_name("%s.resample_filter", block.text).text);
        gb_node rgb = to_rgb(p, gb_name("%s.torgb", block.text).text, x, p->w[next_w]);
        if (picture == GB_NO_NODE) {
            /* The first picture is its own running picture. */
            gb_graph_alias(g, gb_name("%s.img", block.text).text, gb_name("%s.torgb", block.text).text);
            picture = rgb;
        } else {
            picture = gb_graph_add(g, gb_name("%s.img", block.text).text, picture, rgb);
        }
    }
    gb_graph_output(g, picture);
}

static void build(gb_graph *graph) {
    const gb_network *network = graph->network;
    stylegan2 p = {
        .graph = graph,
        .z_dim = gb_config_int(graph, "z_dim", 0, 1 << 16),
        .c_dim = gb_config_int(graph, "c_dim", 0, 1 << 16),
        .w_dim = gb_config_int(graph, "w_dim", 1, 1 << 16),
        .resolution = gb_config_int(graph, "resolution", 4, MAX_RESOLUTION),
        .mapping_layers = gb_config_int(graph, "mapping_layers", 0, MAX_MAPPING_LAYERS),
        .mapping_lr = (float)gb_network_float(network, "config.mapping_lr", 0.01),
        .mapping_activation = gb_network_str(network, "config.mapping_activation", "lrelu"),
        .activation = gb_network_str(network, "config.activation", "lrelu"),
        .clamp = (float)gb_network_float(network, "config.conv_clamp", 0),
        .block = gb_network_str(network, "config.block", "skip"),
    };
    if (p.resolution & (p.resolution - 1))
        gb_graph_mistake(graph, "config.resolution is %d, which is no power of two", p.resolution);
    if (!is_block(&p, "skip") && !is_block(&p, "resnet") && !is_block(&p, "orig"))
        gb_graph_mistake(graph, "config.block is '%s'; skip, resnet and orig are possible", p.block);
    if (p.z_dim + p.c_dim == 0)
        gb_graph_mistake(graph, "the network has neither a z nor a label to start from");
    if (graph->failed)
        return;
    mapping(&p);
    synthesis(&p);
}

const gb_architecture gb_stylegan2_architecture = {"stylegan2", "StyleGAN2", build};
