/* BigGAN and BigGAN-deep: class-conditional residual generators with self-attention.
 * Brock, Donahue, Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis" (2019). There are two
 * code bases, BigGAN-PyTorch and the Hugging Face port; node names are the module paths of the one that a network comes
 * from, and operations that are not modules are named parent.operation. docs/layers.md lists them. */
#include <stdio.h>
#include <string.h>

#include "engine/ganbend_graph.h"
#include "models.h"

enum { MAX_BLOCKS = 64 };

/* How a code base names its modules. */
typedef struct naming {
    const char *block;              /* residual block i; where attention modules are in the same list, they count too */
    const char *norm, *conv;        /* inside a block; numbered from `first` */
    int first;
    const char *norm_gain, *norm_bias;
    const char *attention[4];       /* theta, phi, g, o */
} naming;

static const naming pytorch = {"blocks.%d.0", "bn%d", "conv%d", 1, "gain", "bias", {"theta", "phi", "g", "o"}};
static const naming huggingface = {
    "generator.layers.%d", "bn_%d", "conv_%d", 0, "scale", "offset",
    {"snconv1x1_theta", "snconv1x1_phi", "snconv1x1_g", "snconv1x1_o_conv"}};

typedef struct biggan {
    gb_graph *graph;
    const naming *names;
    bool deep, is_port;             /* is_port: the Hugging Face port */
    int z_dim, c_dim, shared_dim, z_chunk, bottom;
    float eps, output_eps;
    size_t blocks;
    const int64_t *in, *out, *up, *attention_after;
    size_t attentions;
    gb_node z, label, embedding;    /* embedding: GB_NO_NODE if there is no shared embedding */
    gb_node condition;              /* of all norms, if z is not in chunks */
} biggan;

/* ------------------------------------------------------------------------------------------------ modules */

/* A convolution with bias: the nodes `module`.conv and `module`. */
static gb_node conv(biggan *b, const char *module, gb_node x) {
    gb_node y = gb_graph_conv2d(b->graph, gb_name("%s.conv", module).text, x, GB_NO_NODE,
                                gb_name("%s.weight", module).text, &(gb_conv2d_options){0});
    return gb_graph_bias_act(b->graph, module, y,
                             &(gb_bias_act_options){.bias = gb_name("%s.bias", module).text});
}

/* A convolution without bias. */
static gb_node bare_conv(biggan *b, const char *module, gb_node x) {
    return gb_graph_conv2d(b->graph, module, x, GB_NO_NODE, gb_name("%s.weight", module).text, &(gb_conv2d_options){0});
}

static gb_node relu(biggan *b, const char *node, gb_node x) {
    return gb_graph_bias_act(b->graph, node, x, &(gb_bias_act_options){.act = "relu"});
}

/* Class-conditional norm: (x - mean) / sqrt(var + eps) * (1 + gain(y)) + bias(y). */
static gb_node conditional_norm(biggan *b, const char *module, gb_node x, gb_node y) {
    gb_name_text gain = gb_name("%s.%s", module, b->names->norm_gain);
    gb_name_text bias = gb_name("%s.%s", module, b->names->norm_bias);
    gb_name_text mean = gb_name("%s.mean", module), var = gb_name("%s.var", module);
    gb_batch_norm_options options = {.mean = mean.text, .var = var.text, .eps = b->eps, .gain_from_one = true};
    options.gain = gb_graph_linear(b->graph, gain.text, y, gb_name("%s.weight", gain.text).text, 1);
    options.bias = gb_graph_linear(b->graph, bias.text, y, gb_name("%s.weight", bias.text).text, 1);
    return gb_graph_batch_norm(b->graph, module, x, &options);
}

/* ------------------------------------------------------------------------------------------------ blocks */

typedef struct residual_block {
    const char *block;              /* module path */
    biggan *b;
} residual_block;

static gb_node norm_at(const residual_block *r, int k, gb_node x, gb_node y) {
    gb_name_text name = gb_name(r->b->names->norm, r->b->names->first + k);
    return conditional_norm(r->b, gb_name("%s.%s", r->block, name.text).text, x, y);
}

static gb_node relu_at(const residual_block *r, int k, gb_node x) {
    bool port = r->b->is_port;
    return relu(r->b, gb_name(port ? "%s.relu_%d" : "%s.relu%d", r->block, r->b->names->first + k).text, x);
}

static gb_node conv_at(const residual_block *r, int k, gb_node x) {
    gb_name_text name = gb_name(r->b->names->conv, r->b->names->first + k);
    return conv(r->b, gb_name("%s.%s", r->block, name.text).text, x);
}

/* norm, ReLU, nearest ×2, 3×3, norm, ReLU, 3×3; shortcut: nearest ×2, 1×1. */
static gb_node standard_block(const residual_block *r, gb_node x, gb_node y, int cin, int cout, bool up) {
    gb_graph *g = r->b->graph;
    gb_node h = relu_at(r, 0, norm_at(r, 0, x, y));
    if (up) {
        h = gb_graph_upsample_nearest(g, gb_name("%s.upsample", r->block).text, h);
        x = gb_graph_upsample_nearest(g, gb_name("%s.shortcut.upsample", r->block).text, x);
    }
    if (cin != cout || up)
        x = conv(r->b, gb_name("%s.conv_sc", r->block).text, x);
    h = conv_at(r, 0, h);
    h = conv_at(r, 1, relu_at(r, 1, norm_at(r, 1, h, y)));
    return gb_graph_add(g, gb_name("%s.sum", r->block).text, x, h);
}

/* 1×1 to a quarter of the channels, two 3×3, 1×1 back, each after norm and ReLU; the shortcut keeps the first
 * channels. */
static gb_node deep_block(const residual_block *r, gb_node x, gb_node y, int cin, int cout, bool up) {
    gb_graph *g = r->b->graph;
    gb_node h = conv_at(r, 0, relu_at(r, 0, norm_at(r, 0, x, y)));
    h = relu_at(r, 1, norm_at(r, 1, h, y));
    if (cin != cout)
        x = gb_graph_slice(g, gb_name("%s.shortcut.slice", r->block).text, x, 0, cout);
    if (up) {
        h = gb_graph_upsample_nearest(g, gb_name("%s.upsample", r->block).text, h);
        x = gb_graph_upsample_nearest(g, gb_name("%s.shortcut.upsample", r->block).text, x);
    }
    h = conv_at(r, 1, h);
    h = conv_at(r, 2, relu_at(r, 2, norm_at(r, 2, h, y)));
    h = conv_at(r, 3, relu_at(r, 3, norm_at(r, 3, h, y)));
    return gb_graph_add(g, gb_name("%s.sum", r->block).text, x, h);
}

/* x + gamma · o(g · softmax(θᵀφ)), with φ and g max-pooled to a quarter of the pixels. */
static gb_node attention(biggan *b, const char *module, gb_node x) {
    gb_graph *g = b->graph;
    const char *const *names = b->names->attention;
    gb_node theta = bare_conv(b, gb_name("%s.%s", module, names[0]).text, x);
    gb_node phi = bare_conv(b, gb_name("%s.%s", module, names[1]).text, x);
    phi = gb_graph_max_pool(g, gb_name("%s.%s.pool", module, names[1]).text, phi, NULL);
    gb_node values = bare_conv(b, gb_name("%s.%s", module, names[2]).text, x);
    values = gb_graph_max_pool(g, gb_name("%s.%s.pool", module, names[2]).text, values, NULL);
    gb_node scores = gb_graph_attention_scores(g, gb_name("%s.scores", module).text, theta, phi);
    gb_node weights = gb_graph_softmax(g, gb_name("%s.attention", module).text, scores);
    gb_node mixed = gb_graph_attention_output(g, gb_name("%s.mix", module).text, values, weights, theta);
    gb_node o = bare_conv(b, gb_name("%s.%s", module, names[3]).text, mixed);
    o = gb_graph_scale(g, gb_name("%s.scale", module).text, o, gb_name("%s.gamma", module).text);
    return gb_graph_add(g, gb_name("%s.sum", module).text, x, o);
}

/* ------------------------------------------------------------------------------------------------ the network */

/* The inputs, the class embedding, and the vector on which norms are conditioned. */
static void inputs(biggan *b) {
    gb_graph *g = b->graph;
    b->z = gb_graph_input(g, "z", 1, (const int64_t[]){b->z_dim}, NULL);
    gb_graph_role(g, b->z, GB_ROLE_Z, 0);
    b->label = gb_graph_input(g, "label", 1, (const int64_t[]){b->c_dim}, NULL);
    gb_graph_role(g, b->label, GB_ROLE_LABEL, 0);
    b->embedding = GB_NO_NODE;
    b->condition = b->label;
    if (b->is_port) {
        b->embedding = gb_graph_linear(g, "embeddings", b->label, "embeddings.weight", 1);
        b->condition = gb_graph_concat(g, "condition", b->z, b->embedding);
    } else if (b->shared_dim) {
        b->embedding = gb_graph_linear(g, "shared", b->label, "shared.weight", 1);
        b->condition = b->embedding;
        if (b->deep)
            b->condition = gb_graph_concat(g, "condition", b->embedding, b->z);
    }
}

/* The input of the first linear layer and the condition of block i. If z is in chunks, each gets one of them. */
static gb_node first_input(biggan *b) {
    if (b->z_chunk)
        return gb_graph_slice(b->graph, "z.0", b->z, 0, b->z_chunk);
    return b->is_port || (b->deep && b->shared_dim) ? b->condition : b->z;
}

static gb_node condition_of(biggan *b, int block) {
    if (!b->z_chunk)
        return b->condition;
    gb_node chunk = gb_graph_slice(b->graph, gb_name("z.%d", block + 1).text, b->z, (block + 1) * b->z_chunk,
                                   b->z_chunk);
    return gb_graph_concat(b->graph, gb_name("condition.%d", block).text, b->condition, chunk);
}

static bool is_followed_by_attention(const biggan *b, size_t block) {
    for (size_t i = 0; i < b->attentions; i++)
        if ((size_t)b->attention_after[i] == block)
            return true;
    return false;
}

/* The first linear layer, reshaped to maps; the port's order is channels last. */
static gb_node first_maps(biggan *b) {
    const char *module = b->is_port ? "generator.gen_z" : "linear";
    gb_node x = gb_graph_linear(b->graph, gb_name("%s.linear", module).text, first_input(b),
                                gb_name("%s.weight", module).text, 1);
    x = gb_graph_bias_act(b->graph, module, x, &(gb_bias_act_options){.bias = gb_name("%s.bias", module).text});
    return gb_graph_reshape(b->graph, b->is_port ? "generator.reshape" : "reshape", x, (int)b->in[0], b->bottom,
                            b->bottom, b->is_port);
}

/* norm, ReLU, 3×3, tanh; the port's convolution has more channels, of which the first three are the picture. */
static void picture(biggan *b, gb_node x) {
    gb_graph *g = b->graph;
    const char *norm = b->is_port ? "generator.bn" : "output_layer.0";
    gb_name_text mean = gb_name("%s.mean", norm), var = gb_name("%s.var", norm);
    gb_name_text gain = gb_name(b->is_port ? "%s.weight" : "%s.gain", norm), bias = gb_name("%s.bias", norm);
    x = gb_graph_batch_norm(g, norm, x, &(gb_batch_norm_options){
        .mean = mean.text, .var = var.text, .eps = b->output_eps, .gain = GB_NO_NODE, .bias = GB_NO_NODE,
        .gain_weight = gain.text, .bias_weight = bias.text});
    x = relu(b, b->is_port ? "generator.relu" : "output_layer.1", x);
    x = conv(b, b->is_port ? "generator.conv_to_rgb" : "output_layer.2", x);
    if (b->is_port)
        x = gb_graph_slice(g, "generator.rgb", x, 0, 3);
    x = gb_graph_bias_act(g, b->is_port ? "generator.tanh" : "tanh", x, &(gb_bias_act_options){.act = "tanh"});
    gb_graph_output(g, x);
}

static size_t list(gb_graph *graph, const char *key, const int64_t **values) {
    const gb_meta *meta = gb_network_meta(graph->network, key);
    if (!meta || meta->type != GB_META_INTS || meta->count > MAX_BLOCKS) {
        gb_graph_fail(graph, "%s is missing or not a list of at most %d integers", key, MAX_BLOCKS);
        return 0;
    }
    *values = meta->ints;
    return meta->count;
}

static void read_config(biggan *b) {
    gb_graph *g = b->graph;
    const gb_network *n = g->network;
    b->is_port = !strcmp(gb_network_str(n, "config.naming", "pytorch"), "huggingface");
    b->names = b->is_port ? &huggingface : &pytorch;
    b->deep = !strcmp(gb_network_str(n, "config.variant", "standard"), "deep");
    b->z_dim = gb_config_int(g, "z_dim", 1, 1 << 16);
    b->c_dim = gb_config_int(g, "c_dim", 1, 1 << 16);
    b->shared_dim = gb_config_int(g, "shared_dim", 0, 1 << 16);
    b->z_chunk = gb_config_int(g, "z_chunk", 0, b->z_dim);
    b->bottom = gb_config_int(g, "bottom_width", 1, 64);
    b->eps = (float)gb_network_float(n, "config.norm_eps", 1e-5);
    b->output_eps = (float)gb_network_float(n, "config.output_norm_eps", 1e-5);
    b->blocks = list(g, "config.layers.in", &b->in);
    size_t outs = list(g, "config.layers.out", &b->out), ups = list(g, "config.layers.up", &b->up);
    b->attentions = list(g, "config.attention_after", &b->attention_after);
    if (!g->failed && (!b->blocks || outs != b->blocks || ups != b->blocks))
        gb_graph_fail(g, "config.layers.in, out and up have different lengths");
    for (size_t i = 0; !g->failed && i < b->blocks; i++)
        if (b->in[i] < 1 || b->in[i] > 1 << 16 || b->out[i] < 1 || b->out[i] > 1 << 16)
            gb_graph_fail(g, "config.layers: block %zu has %lld input and %lld output channels; expected 1 to 65536", i,
                          (long long)b->in[i], (long long)b->out[i]);
}

static void build(gb_graph *graph) {
    biggan b = {.graph = graph};
    read_config(&b);
    if (graph->failed)
        return;
    inputs(&b);
    gb_node x = first_maps(&b);
    int passed = 0;                 /* attention modules so far: the port counts them as layers */
    for (size_t i = 0; i < b.blocks && !graph->failed; i++) {
        int index = (int)i;
        gb_name_text block = gb_name(b.names->block, b.is_port ? index + passed : index);
        residual_block r = {block.text, &b};
        gb_node y = condition_of(&b, index);
        x = (b.deep ? deep_block : standard_block)(&r, x, y, (int)b.in[i], (int)b.out[i], b.up[i] != 0);
        gb_graph_alias(graph, block.text, gb_name("%s.sum", block.text).text);
        if (!is_followed_by_attention(&b, i))
            continue;
        passed++;
        gb_name_text module = b.is_port ? gb_name(b.names->block, index + passed) : gb_name("blocks.%d.1", index);
        x = attention(&b, module.text, x);
        gb_graph_alias(graph, module.text, gb_name("%s.sum", module.text).text);
    }
    picture(&b, x);
}

const gb_architecture gb_biggan_architecture = {.name = "biggan", .title = "BigGAN", .build = build};
