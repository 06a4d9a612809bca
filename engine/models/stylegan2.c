/* StyleGAN2: mapping network, truncation, and a synthesis network of skip, residual or plain blocks.
 * Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020). Node names are the module paths of
 * NVIDIA's PyTorch code; operations that are not modules are named parent.operation. docs/layers.md lists them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/ganbend_graph.h"
#include "models.h"

enum { MAX_SIZE = 4096, MAX_BLOCKS = 11, MAX_MAPPING_LAYERS = 64, MAX_NUM_WS = 2 * MAX_BLOCKS };

/* The network's metadata, and its nodes for the w's. */
typedef struct stylegan2 {
    gb_graph *graph;
    int z_dim, c_dim, w_dim, mapping_layers;
    int start[2], blocks;           /* height and width of the constant; each block after the first doubles them */
    int first;                      /* number in the first block's name: b4 */
    bool joint_norm;                /* z and the label's embedding are normalised together */
    float mapping_lr, clamp;        /* clamp 0 = no clamping */
    const char *mapping_activation, *activation, *block;
    gb_node w[MAX_NUM_WS];
} stylegan2;

static bool is_block(const stylegan2 *p, const char *kind) {
    return !strcmp(p->block, kind);
}

/* The gain that networks use with this activation; unknown names are reported where they are used. */
static float act_gain(const char *act) {
    int kind = gb_act_find(act);
    return kind < 0 ? 1 : gb_acts[kind].gain;
}

/* Settings of one layer, which override the network's. */
static float layer_clamp(const stylegan2 *p, const char *layer) {
    gb_name_text key = gb_name("config.layer.%s.conv_clamp", layer);
    float clamp = (float)gb_network_float(p->graph->network, key.text, p->clamp);
    return clamp > 0 ? clamp : 0;
}

static const char *layer_act(const stylegan2 *p, const char *layer) {
    return gb_network_str(p->graph->network, gb_name("config.layer.%s.activation", layer).text, p->activation);
}

/* The number of inputs of a dense layer, from its weight; `expected` if the weight is missing, which is reported where
 * it is used. */
static int fan_in(const stylegan2 *p, const char *layer, int expected) {
    const gb_array *a = gb_network_array(p->graph->network, gb_name("%s.weight", layer).text);
    return a && a->ndim == 2 && a->shape[1] > 0 && a->shape[1] <= 1 << 20 ? (int)a->shape[1] : expected;
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

/* z (and a label) → w → the truncated w of every layer. */
static void mapping(stylegan2 *p) {
    gb_graph *g = p->graph;
    gb_node x = GB_NO_NODE;
    int features = 0;
    if (p->z_dim > 0) {
        x = gb_graph_input(g, "z", 1, (const int64_t[]){p->z_dim}, NULL);
        gb_graph_role(g, x, GB_ROLE_Z, 0);
        if (!p->joint_norm)
            x = gb_graph_pixel_norm(g, "mapping.normalize", x, 1e-8f);
        features += p->z_dim;
    }
    if (p->c_dim > 0) {
        gb_node label = gb_graph_input(g, "label", 1, (const int64_t[]){p->c_dim}, NULL);
        gb_graph_role(g, label, GB_ROLE_LABEL, 0);
        gb_node y = dense(p, "mapping.embed", label, 1 / sqrtf((float)p->c_dim), 1, "linear");
        if (!p->joint_norm)
            y = gb_graph_pixel_norm(g, "mapping.embed.normalize", y, 1e-8f);
        x = p->z_dim > 0 ? gb_graph_concat(g, "mapping.concat", x, y) : y;
        features += p->w_dim;
    }
    if (p->joint_norm)
        x = gb_graph_pixel_norm(g, "mapping.normalize", x, 1e-8f);
    for (int i = 0; i < p->mapping_layers; i++) {
        gb_name_text layer = gb_name("mapping.fc%d", i);
        float gain = p->mapping_lr / sqrtf((float)fan_in(p, layer.text, features));
        x = dense(p, layer.text, x, gain, p->mapping_lr, p->mapping_activation);
        features = p->w_dim;
    }
    int num_ws = 2 * p->blocks;
    gb_node ws = gb_graph_truncate(g, "mapping", x, "mapping.w_avg", num_ws);
    for (int k = 0; k < num_ws; k++)
        p->w[k] = gb_graph_select(g, gb_name("synthesis.w%d", k).text, ws, k);
}

static gb_node affine(stylegan2 *p, const char *layer, gb_node w) {
    return dense(p, gb_name("%s.affine", layer).text, w, 1 / sqrtf((float)p->w_dim), 1, "linear");
}

/* A synthesis layer: modulated 3×3, noise, bias and activation. `scale` multiplies gain and clamp (√½ in residual
 * blocks). */
static gb_node synthesis_layer(stylegan2 *p, const char *layer, gb_node x, gb_node w, int block, int up, float scale) {
    gb_graph *g = p->graph;
    gb_node styles = affine(p, layer, w);
    gb_name_text weight = gb_name("%s.weight", layer), bias = gb_name("%s.bias", layer);
    gb_name_text fir = gb_name("%s.resample_filter", layer);
    x = gb_graph_conv2d(g, gb_name("%s.conv", layer).text, x, styles, weight.text,
                        &(gb_conv2d_options){.up = up, .demodulate = true, .fir = up > 1 ? fir.text : NULL});
    if (gb_network_bool(g->network, gb_name("config.layer.%s.use_noise", layer).text, true)) {
        gb_name_text map = gb_name("%s.noise_const", layer);
        gb_node noise = gb_graph_input(g, map.text, 3, (const int64_t[]){1, p->start[0] << block, p->start[1] << block},
                                       map.text);
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

/* The shortcut of a residual block: 1×1 convolution, upsampling with the FIR filter, × √½. */
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
    gb_name_text constant = gb_name("synthesis.b%d.const", p->first);
    gb_node x = gb_graph_constant(g, constant.text, constant.text);
    gb_node picture = GB_NO_NODE;
    int next_w = 0, pictures = 0;
    for (int b = 0; b < p->blocks; b++) {
        gb_name_text block = gb_name("synthesis.b%d", p->first << b);
        bool residual = is_block(p, "resnet") && b > 0;
        gb_node skip = residual ? residual_skip(p, gb_name("%s.skip", block.text).text, x) : GB_NO_NODE;
        if (b > 0) {
            x = synthesis_layer(p, gb_name("%s.conv0", block.text).text, x, p->w[next_w], b, 2, 1);
            gb_graph_role(g, x, GB_ROLE_LAYER, next_w++);
        }
        float scale = residual ? sqrtf(0.5f) : 1;
        x = synthesis_layer(p, gb_name("%s.conv1", block.text).text, x, p->w[next_w], b, 1, scale);
        gb_graph_role(g, x, GB_ROLE_LAYER, next_w++);
        if (residual)
            x = gb_graph_add(g, gb_name("%s.sum", block.text).text, skip, x);

        bool last = b == p->blocks - 1;
        if (!last && !is_block(p, "skip"))
            continue;
        if (picture != GB_NO_NODE)
            picture = gb_graph_upsample(g, gb_name("%s.upsample", block.text).text, picture,
                                        gb_name("%s.resample_filter", block.text).text);
        gb_node rgb = to_rgb(p, gb_name("%s.torgb", block.text).text, x, p->w[next_w]);
        gb_graph_role(g, rgb, GB_ROLE_TORGB, pictures);
        if (picture == GB_NO_NODE) {
            /* The first ToRGB is the first running picture. */
            gb_graph_alias(g, gb_name("%s.img", block.text).text, gb_name("%s.torgb", block.text).text);
            picture = rgb;
        } else {
            picture = gb_graph_add(g, gb_name("%s.img", block.text).text, picture, rgb);
        }
        gb_graph_role(g, picture, GB_ROLE_IMAGE, pictures++);
    }
    gb_graph_output(g, picture);
}

/* Reads the size of the constant and counts the blocks that double it to config.resolution, the picture's height. */
static void read_size(stylegan2 *p) {
    const gb_meta *start = gb_network_meta(p->graph->network, "config.start");
    int resolution = gb_config_int(p->graph, "resolution", 1, MAX_SIZE);
    int64_t height = 4, width = 4;
    if (start && start->type == GB_META_INTS && start->count == 2) {
        height = start->ints[0];
        width = start->ints[1];
    } else if (start) {
        gb_graph_fail(p->graph, "config.start is not a list of a height and a width");
        return;
    }
    if (height < 1 || height > MAX_SIZE || width < 1 || width > MAX_SIZE) {
        gb_graph_fail(p->graph, "config.start is %lldx%lld; expected 1 to %d", (long long)height,
                      (long long)width, MAX_SIZE);
        return;
    }
    p->start[0] = (int)height;
    p->start[1] = (int)width;
    p->blocks = 1;
    while (p->blocks < MAX_BLOCKS && height < resolution) {
        height *= 2;
        width *= 2;
        p->blocks++;
    }
    if (height != resolution)
        gb_graph_fail(p->graph, "config.resolution is %d; expected %d times a power of two", resolution,
                      p->start[0]);
    else if (width > MAX_SIZE)
        gb_graph_fail(p->graph, "the picture is %d pixels wide; expected at most %d", (int)width, MAX_SIZE);
    if (p->first == 0)
        p->first = p->start[0];
    if (p->first < 1 || p->first > MAX_SIZE)
        gb_graph_fail(p->graph, "config.first_block is %d; expected 1 to %d", p->first, MAX_SIZE);
}

static void build(gb_graph *graph) {
    const gb_network *network = graph->network;
    stylegan2 p = {
        .graph = graph,
        .z_dim = gb_config_int(graph, "z_dim", 0, 1 << 16),
        .c_dim = gb_config_int(graph, "c_dim", 0, 1 << 16),
        .w_dim = gb_config_int(graph, "w_dim", 1, 1 << 16),
        .first = (int)gb_network_int(network, "config.first_block", 0),
        .joint_norm = gb_network_bool(network, "config.joint_norm", false),
        .mapping_layers = gb_config_int(graph, "mapping_layers", 0, MAX_MAPPING_LAYERS),
        .mapping_lr = (float)gb_network_float(network, "config.mapping_lr", 0.01),
        .mapping_activation = gb_network_str(network, "config.mapping_activation", "lrelu"),
        .activation = gb_network_str(network, "config.activation", "lrelu"),
        .clamp = (float)gb_network_float(network, "config.conv_clamp", 0),
        .block = gb_network_str(network, "config.block", "skip"),
    };
    read_size(&p);
    if (!is_block(&p, "skip") && !is_block(&p, "resnet") && !is_block(&p, "orig"))
        gb_graph_fail(graph, "config.block is '%s'; expected skip, resnet or orig", p.block);
    if (p.z_dim + p.c_dim == 0)
        gb_graph_fail(graph, "the network has neither z nor label as input");
    if (graph->failed)
        return;
    mapping(&p);
    synthesis(&p);
}

/* ------------------------------------------------------------------------------------------------ missing tensors */

/* Adds noise maps drawn from seed 0 for layers that have a noise strength but no map. */
static gb_status add_noise_maps(gb_network *network, gb_error *err) {
    const gb_meta *channels = gb_network_meta(network, "config.channels"),
                  *start = gb_network_meta(network, "config.start");
    int64_t height = start ? start->ints[0] : 4, width = start ? start->ints[1] : 4;
    int64_t number = gb_network_int(network, "config.first_block", height);
    size_t blocks = channels ? channels->count : 0;
    int made = 0;
    gb_random random;
    gb_random_seed(&random, 0);
    for (size_t b = 0; b < blocks; b++, number *= 2, height *= 2, width *= 2) {
        for (int k = b == 0; k < 2; k++) {
            char strength[64], map[64];
            snprintf(strength, sizeof strength, "synthesis.b%d.conv%d.noise_strength", (int)number, k);
            snprintf(map, sizeof map, "synthesis.b%d.conv%d.noise_const", (int)number, k);
            if (!gb_network_array(network, strength) || gb_network_array(network, map))
                continue;
            float *data = gb_network_add_f32(network, map, 2, (const int64_t[]){height, width});
            if (!data)
                return gb_fail(err, GB_NO_MEMORY, "out of memory");
            gb_random_torch(&random, (size_t)(height * width), data);
            made++;
        }
    }
    if (made)
        gb_network_note(network, "synthesised: %d noise maps, drawn from seed 0", made);
    return GB_OK;
}

static gb_status complete(gb_network *network, float **mean_w, gb_error *err) {
    gb_status status = add_noise_maps(network, err);
    if (status || gb_network_array(network, "mapping.w_avg"))
        return status;
    *mean_w = gb_network_add_f32(network, "mapping.w_avg", 1,
                                 (const int64_t[]){gb_network_int(network, "config.w_dim", 0)});
    return *mean_w ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

const gb_architecture gb_stylegan2_architecture = {
    .name = "stylegan2", .title = "StyleGAN2", .build = build, .complete = complete,
};
