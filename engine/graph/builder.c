/* Graph builder: each call checks names, inputs and the shapes of weights, appends one node, and records the message of
 * the first error. */
#include "builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/options.h"

enum { GB_MAX_NODES = 1 << 14 };

/* Shapes of a graph have no vector layout: they are those of a processor without vectors. */
static const gb_cpu planar = {.isa = "plain", .vector = 1, .workers = 1};

/* ------------------------------------------------------------------------------------------------ weights */

void gb_graph_weight(gb_graph *graph, const char *name, int ndim, const int64_t *shape, const float *data) {
    gb_array array = {.dtype = GB_F32, .ndim = ndim, .data = data};
    if (ndim < 0 || ndim > GB_MAX_DIMS) {
        gb_graph_fail(graph, "weight '%s' has %d dimensions; expected at most %d", name, ndim, GB_MAX_DIMS);
        return;
    }
    const gb_named_array *all;
    size_t length = name ? strlen(name) : 0;
    if (!length || !data || length > GB_NETWORK_NAME || gb_network_array(graph->network, name)) {
        gb_graph_fail(graph, "weight '%s' %s", name ? name : "", !length ? "needs a name" : !data ? "has no data"
                      : length > GB_NETWORK_NAME ? "has too long a name" : "exists already");
        return;
    }
    if (gb_network_arrays(graph->network, &all) == GB_NETWORK_ENTRIES) {
        gb_graph_fail(graph, "more than %d weights", GB_NETWORK_ENTRIES);
        return;
    }
    if (ndim)
        memcpy(array.shape, shape, (size_t)ndim * sizeof *shape);
    gb_array_pack_strides(&array);
    if (!gb_network_add_array(graph->network, name, &array))
        gb_graph_fail_no_memory(graph);
}

/* The weight `name` with exactly this shape, or an error. -1 in `shape` accepts any size. */
static const gb_array *weight(gb_graph *graph, const char *user, const char *name, int ndim, const int64_t *shape) {
    const gb_array *a = name ? gb_network_array(graph->network, name) : NULL;
    if (!a) {
        gb_graph_fail(graph, "%s: there is no weight '%s'", user, name ? name : "");
        return NULL;
    }
    bool same = a->ndim == ndim;
    for (int i = 0; same && i < ndim; i++)
        same = shape[i] < 0 ? a->shape[i] > 0 && a->shape[i] <= INT32_MAX : a->shape[i] == shape[i];
    if (!same) {
        char got[128], want[128] = "[";
        for (int i = 0; i < ndim; i++) {
            size_t used = strlen(want);
            if (shape[i] < 0)
                snprintf(want + used, sizeof want - used, "%sn", i ? "," : "");
            else
                snprintf(want + used, sizeof want - used, "%s%lld", i ? "," : "", (long long)shape[i]);
        }
        gb_graph_fail(graph, "%s: weight '%s' has shape %s; expected %s]", user, name,
                      gb_shape_text(a, got, sizeof got), want);
        return NULL;
    }
    return a;
}

/* ------------------------------------------------------------------------------------------------ nodes */

/* Appends a node and checks its inputs; NULL after an error. The caller fills desc and calls finish(). */
static gb_graph_node *append(gb_graph *graph, const char *name, int inputs, const gb_node *input) {
    if (graph->failed)
        return NULL;
    if (!name || !*name || graph->count >= GB_MAX_NODES) {
        if (name && *name)
            gb_graph_fail(graph, "%s: the graph has more than %d nodes", name, GB_MAX_NODES);
        else
            gb_graph_fail(graph, "node %d needs a name", graph->count);
        return NULL;
    }
    if (gb_graph_find_node(graph, name) != GB_NO_NODE) {
        gb_graph_fail(graph, "%s: another node has this name", name);
        return NULL;
    }
    size_t room = (size_t)graph->room;
    if (!gb_graph_reserve(graph, (void **)&graph->nodes, (size_t)graph->count, &room, sizeof(gb_graph_node)))
        return NULL;
    graph->room = (int)room;
    gb_graph_node *node = &graph->nodes[graph->count];
    *node = (gb_graph_node){
        .name = gb_graph_keep(graph, name), .inputs = inputs, .weight_gain = 1, .clamp = -1, .ndim = 3};
    for (int i = 0; i < inputs; i++) {
        if (input[i] < 0 || input[i] >= graph->count) {
            gb_graph_fail(graph, "%s: input %d is not a node of this graph", name, i);
            return NULL;
        }
        node->input[i] = input[i];
        node->desc.in[i] = gb_node_shape(&graph->nodes[input[i]]);
    }
    node->desc.inputs = inputs;
    node->desc.out.n = 1;
    return node->name ? node : NULL;
}

/* Adds the node that append() began to the graph. */
static gb_node commit(gb_graph *graph) {
    return gb_graph_index_name(graph, graph->count) ? graph->count++ : GB_NO_NODE;
}

/* Checks the shape rule of the operation and adds the node to the graph. */
static gb_node finish(gb_graph *graph, gb_graph_node *node, gb_op_id op, int ndim) {
    char why[256];
    node->desc.op = op;
    if (graph->failed)
        return GB_NO_NODE;
    if (!gb_op_shape(&planar, &node->desc, why, sizeof why)) {
        gb_graph_fail(graph, "%s: %s", node->name, why);
        return GB_NO_NODE;
    }
    const gb_shape *out = &node->desc.out;
    node->ndim = ndim;
    node->shape[0] = out->c;
    node->shape[1] = ndim == 2 ? out->w : out->h;
    node->shape[2] = out->w;
    return commit(graph);
}

static int ndim_of(const gb_graph *graph, gb_node x) {
    return x >= 0 && x < graph->count ? graph->nodes[x].ndim : 3;
}

gb_node gb_graph_input(gb_graph *graph, const char *name, int ndim, const int64_t *shape, const char *value) {
    gb_graph_node *node = append(graph, name, 0, NULL);
    if (!node)
        return GB_NO_NODE;
    if (ndim < 1 || ndim > 3) {
        gb_graph_fail(graph, "%s: an input has 1 to 3 dimensions, not %d", name, ndim);
        return GB_NO_NODE;
    }
    node->ndim = ndim;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] < 1 || shape[i] > 1 << 20) {
            gb_graph_fail(graph, "%s: dimension %d is %lld; expected 1 to %d", name, i, (long long)shape[i],
                          1 << 20);
            return GB_NO_NODE;
        }
        node->shape[i] = shape[i];
    }
    node->desc.out = gb_node_shape(node);
    if (!gb_shape_possible(&node->desc.out)) {
        gb_graph_fail(graph, "%s: an input of %dx%dx%d is too large", name, node->desc.out.c, node->desc.out.h,
                      node->desc.out.w);
        return GB_NO_NODE;
    }
    if (value) {
        /* Checkpoints store a map of one channel as [H, W]. */
        bool bare = ndim == 3 && shape[0] == 1;
        if (!weight(graph, name, value, bare ? 2 : ndim, bare ? shape + 1 : shape))
            return GB_NO_NODE;
    }
    node->is_input = true;
    node->value = gb_graph_keep(graph, value);
    return commit(graph);
}

gb_node gb_graph_constant(gb_graph *graph, const char *name, const char *weight_name) {
    gb_graph_node *node = append(graph, name, 0, NULL);
    const gb_array *a = node ? weight(graph, name, weight_name, 3, (const int64_t[]){-1, -1, -1}) : NULL;
    if (!a)
        return GB_NO_NODE;
    node->weight[0] = gb_graph_keep(graph, weight_name);
    node->desc.constant.c = (int)a->shape[0];
    node->desc.constant.h = (int)a->shape[1];
    node->desc.constant.w = (int)a->shape[2];
    return finish(graph, node, GB_OP_CONSTANT, 3);
}

gb_node gb_graph_pixel_norm(gb_graph *graph, const char *name, gb_node x, float eps) {
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    node->desc.pixel_norm.eps = eps;
    return finish(graph, node, GB_OP_PIXEL_NORM, ndim_of(graph, x));
}

gb_node gb_graph_linear(gb_graph *graph, const char *name, gb_node x, const char *weight_name, float gain) {
    gb_graph_node *node = append(graph, name, 1, &x);
    const gb_array *a =
        node ? weight(graph, name, weight_name, 2, (const int64_t[]){-1, node->desc.in[0].c}) : NULL;
    if (!a)
        return GB_NO_NODE;
    node->weight[0] = gb_graph_keep(graph, weight_name);
    node->desc.linear.cout = (int)a->shape[0];
    node->desc.linear.gain = gain;
    return finish(graph, node, GB_OP_LINEAR, 1);
}

gb_node gb_graph_concat(gb_graph *graph, const char *name, gb_node a, gb_node b) {
    gb_graph_node *node = append(graph, name, 2, (const gb_node[]){a, b});
    return node ? finish(graph, node, GB_OP_CONCAT, ndim_of(graph, a)) : GB_NO_NODE;
}

gb_node gb_graph_truncate(gb_graph *graph, const char *name, gb_node w, const char *w_avg, int num_ws) {
    gb_graph_node *node = append(graph, name, 1, &w);
    if (!node || !weight(graph, name, w_avg, 1, (const int64_t[]){node->desc.in[0].c}))
        return GB_NO_NODE;
    node->weight[0] = gb_graph_keep(graph, w_avg);
    node->desc.truncate.num_ws = num_ws;
    return gb_graph_imply_role(graph, finish(graph, node, GB_OP_TRUNCATE, 2), GB_ROLE_WS,
                               gb_graph_count_role(graph, GB_ROLE_WS));
}

gb_node gb_graph_select(gb_graph *graph, const char *name, gb_node ws, int row) {
    gb_graph_node *node = append(graph, name, 1, &ws);
    if (!node)
        return GB_NO_NODE;
    node->desc.select.row = row;
    gb_node selected = finish(graph, node, GB_OP_SELECT, 1);
    return gb_graph_find_role(graph, GB_ROLE_WS, 0) == ws ? gb_graph_imply_role(graph, selected, GB_ROLE_W, row)
                                                          : selected;
}

/* Options that cannot be taken. */
static gb_node refuse(gb_graph *graph, const char *name, const gb_error *err) {
    gb_graph_fail(graph, "%s: %s", name, err->message);
    return GB_NO_NODE;
}

static gb_conv2d general_conv(const gb_conv *conv, const gb_conv2d_options *options) {
    int pad = options->padding == GB_NO_PADDING ? 0 : options->padding ? options->padding : (conv->kernel - 1) / 2;
    return (gb_conv2d){conv->cout, conv->kernel, options->stride ? options->stride : 1, pad,
                       options->groups ? options->groups : 1};
}

/* What GB_OP_MODULATED_CONV2D does not have: it has the fastest rows, and those of the GPU. */
static bool is_general(const gb_conv *conv, const gb_conv2d *general) {
    return (conv->kernel != 1 && conv->kernel != 3) || general->stride != 1 || general->groups != 1 ||
           general->padding != (conv->kernel - 1) / 2;
}

gb_node gb_graph_conv2d(gb_graph *graph, const char *name, gb_node x, gb_node styles, const char *weight_name,
                        const gb_conv2d_options *given) {
    gb_conv2d_options taken, *options = &taken;
    gb_error err;
    if (GB_TAKE_OPTIONS(gb_conv2d_options, groups, options, given, &err))
        return refuse(graph, name, &err);
    bool modulated = styles != GB_NO_NODE;
    gb_graph_node *node = append(graph, name, modulated ? 2 : 1, (const gb_node[]){x, styles});
    int groups = options->groups ? options->groups : 1;
    if (node && (groups < 1 || node->desc.in[0].c % groups)) {
        gb_graph_fail(graph, "%s: %d channels are not %d equal groups", name, node->desc.in[0].c, groups);
        return GB_NO_NODE;
    }
    const gb_array *a =
        node ? weight(graph, name, weight_name, 4, (const int64_t[]){-1, node->desc.in[0].c / groups, -1, -1}) : NULL;
    if (!a)
        return GB_NO_NODE;
    if (a->shape[2] != a->shape[3]) {
        gb_graph_fail(graph, "%s: kernel '%s' is not square", name, weight_name);
        return GB_NO_NODE;
    }
    float gain = options->style_gain != 0 ? options->style_gain : 1;
    node->weight[0] = gb_graph_keep(graph, weight_name);
    node->desc.conv = (gb_conv){.cout = (int)a->shape[0],
                                .kernel = (int)a->shape[2],
                                .up = options->up ? options->up : 1,
                                .modulated = modulated,
                                .demodulate = options->demodulate,
                                .style_gain = modulated ? gain : 1};
    if (!modulated)
        node->weight_gain = gain;
    const gb_conv2d general = general_conv(&node->desc.conv, options);
    if (is_general(&node->desc.conv, &general)) {
        if (modulated || options->up > 1 || options->demodulate) {
            gb_graph_fail(graph, "%s: a convolution with styles, demodulation or upsampling has stride 1, the padding "
                          "(kernel - 1) / 2, one group, and a kernel of 1×1 or 3×3", name);
            return GB_NO_NODE;
        }
        node->desc.conv2d = general;
        return finish(graph, node, GB_OP_CONV2D, 3);
    }
    if (node->desc.conv.up > 1) {
        if (!weight(graph, name, options->fir, 2, (const int64_t[]){4, 4}))
            return GB_NO_NODE;
        node->weight[1] = gb_graph_keep(graph, options->fir);
    }
    return finish(graph, node, GB_OP_MODULATED_CONV2D, 3);
}

gb_node gb_graph_upsample(gb_graph *graph, const char *name, gb_node x, const char *fir) {
    gb_graph_node *node = append(graph, name, 1, &x);
    const gb_array *a = node ? weight(graph, name, fir, 2, (const int64_t[]){4, 4}) : NULL;
    if (!a)
        return GB_NO_NODE;
    node->weight[0] = gb_graph_keep(graph, fir);
    node->desc.fir = (gb_fir){.up = 2, .taps = 4, .pad_before = 2, .pad_after = 1, .gain = 4};
    return finish(graph, node, GB_OP_UPFIRDN2D, 3);
}

gb_node gb_graph_noise(gb_graph *graph, const char *name, gb_node x, gb_node map, const char *strength) {
    gb_graph_node *node = append(graph, name, 2, (const gb_node[]){x, map});
    if (!node || !weight(graph, name, strength, 0, NULL))
        return GB_NO_NODE;
    const gb_shape *in = node->desc.in;
    if (in[1].c != 1 || in[1].h != in[0].h || in[1].w != in[0].w) {
        gb_graph_fail(graph, "%s: the noise map is %dx%dx%d; expected 1x%dx%d", name, in[1].c, in[1].h, in[1].w,
                      in[0].h, in[0].w);
        return GB_NO_NODE;
    }
    node->desc.inputs = 1;      /* the map is an operand of the epilogue */
    node->strength = gb_graph_keep(graph, strength);
    if (graph->nodes[map].is_input && !gb_graph_role_of(graph, map, GB_ROLE_NOISE))
        gb_graph_imply_role(graph, map, GB_ROLE_NOISE, gb_graph_count_role(graph, GB_ROLE_NOISE));
    return finish(graph, node, GB_OP_NOISE, 3);
}

gb_node gb_graph_bias_act(gb_graph *graph, const char *name, gb_node x, const gb_bias_act_options *given) {
    gb_bias_act_options taken, *options = &taken;
    gb_error err;
    if (GB_TAKE_OPTIONS(gb_bias_act_options, clamp, options, given, &err))
        return refuse(graph, name, &err);
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node || (options->bias && !weight(graph, name, options->bias, 1, (const int64_t[]){node->desc.in[0].c})))
        return GB_NO_NODE;
    int act = gb_act_find(options->act ? options->act : "linear");
    if (act < 0) {
        gb_graph_fail(graph, "%s: there is no activation '%s'", name, options->act);
        return GB_NO_NODE;
    }
    node->bias = gb_graph_keep(graph, options->bias);
    node->bias_gain = options->bias_gain != 0 ? options->bias_gain : 1;
    node->act = (gb_act_kind)act;
    node->gain = options->gain != 0 ? options->gain : 1;
    node->clamp = options->clamp > 0 ? options->clamp : -1;
    return finish(graph, node, GB_OP_BIAS_ACT, ndim_of(graph, x));
}

gb_node gb_graph_add(gb_graph *graph, const char *name, gb_node a, gb_node b) {
    gb_graph_node *node = append(graph, name, 2, (const gb_node[]){a, b});
    return node ? finish(graph, node, GB_OP_ADD, ndim_of(graph, a)) : GB_NO_NODE;
}

gb_node gb_graph_scale(gb_graph *graph, const char *name, gb_node x, const char *weight_name) {
    gb_node node = gb_graph_bias_act(graph, name, x, &(gb_bias_act_options){0});
    const gb_array *a = node != GB_NO_NODE ? gb_network_array(graph->network, weight_name) : NULL;
    if (node != GB_NO_NODE && (!a || gb_array_count(a) != 1))
        gb_graph_fail(graph, "%s: weight '%s' is missing or has more than one element", name,
                      weight_name ? weight_name : "");
    else if (node != GB_NO_NODE)
        graph->nodes[node].scale = gb_graph_keep(graph, weight_name);
    return graph->failed ? GB_NO_NODE : node;
}

gb_node gb_graph_batch_norm(gb_graph *graph, const char *name, gb_node x, const gb_batch_norm_options *given) {
    gb_batch_norm_options taken, *options = &taken;
    gb_error err;
    if (GB_TAKE_OPTIONS(gb_batch_norm_options, gain_from_one, options, given, &err))
        return refuse(graph, name, &err);
    bool per_sample = !options->gain_weight;
    gb_graph_node *node = append(graph, name, per_sample ? 3 : 1, (const gb_node[]){x, options->gain, options->bias});
    if (!node)
        return GB_NO_NODE;
    int64_t c = node->desc.in[0].c;
    const gb_array *stored = options->mean ? gb_network_array(graph->network, options->mean) : NULL;
    int ndim = stored && stored->ndim == 1 ? 1 : 2;         /* [C] is one row */
    const gb_array *mean = weight(graph, name, options->mean, ndim, ndim == 1 ? &c : (const int64_t[]){-1, c});
    int64_t rows = mean && ndim == 2 ? mean->shape[0] : 1;
    if (!mean || !weight(graph, name, options->var, ndim, ndim == 1 ? &c : (const int64_t[]){rows, c}))
        return GB_NO_NODE;
    const char *const names[] = {options->mean, options->var, options->gain_weight, options->bias_weight};
    for (int i = 0; i < (per_sample ? 2 : 4); i++)
        if (i < 2 || weight(graph, name, names[i], 1, &c))
            node->weight[i] = gb_graph_keep(graph, names[i]);
    node->desc.batch_norm.rows = (int)rows;
    node->desc.batch_norm.eps = options->eps;
    node->desc.batch_norm.gain_from_one = options->gain_from_one;
    return finish(graph, node, GB_OP_BATCH_NORM, ndim_of(graph, x));
}

gb_node gb_graph_slice(gb_graph *graph, const char *name, gb_node x, int from, int count) {
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    node->desc.slice.from = from;
    node->desc.slice.count = count;
    return finish(graph, node, GB_OP_SLICE, ndim_of(graph, x));
}

gb_node gb_graph_reshape(gb_graph *graph, const char *name, gb_node x, int c, int h, int w, bool channels_last) {
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    node->desc.reshape.c = c;
    node->desc.reshape.h = h;
    node->desc.reshape.w = w;
    node->desc.reshape.channels_last = channels_last;
    return finish(graph, node, GB_OP_RESHAPE, 3);
}

gb_node gb_graph_upsample_nearest(gb_graph *graph, const char *name, gb_node x) {
    gb_graph_node *node = append(graph, name, 1, &x);
    return node ? finish(graph, node, GB_OP_UPSAMPLE_NEAREST, 3) : GB_NO_NODE;
}

static gb_node pool(gb_graph *graph, const char *name, gb_node x, const gb_pool_options *given, gb_op_id op) {
    gb_pool_options taken, *options = &taken;
    gb_error err;
    if (GB_TAKE_OPTIONS(gb_pool_options, padding, options, given, &err))
        return refuse(graph, name, &err);
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    int window = options->window ? options->window : 2;
    node->desc.pool = (gb_pool){window, options->stride ? options->stride : window, options->padding};
    return finish(graph, node, op, 3);
}

gb_node gb_graph_max_pool(gb_graph *graph, const char *name, gb_node x, const gb_pool_options *options) {
    return pool(graph, name, x, options, GB_OP_MAX_POOL);
}

gb_node gb_graph_avg_pool(gb_graph *graph, const char *name, gb_node x, const gb_pool_options *options) {
    return pool(graph, name, x, options, GB_OP_AVG_POOL);
}

gb_node gb_graph_global_mean(gb_graph *graph, const char *name, gb_node x) {
    gb_graph_node *node = append(graph, name, 1, &x);
    return node ? finish(graph, node, GB_OP_GLOBAL_MEAN, 3) : GB_NO_NODE;
}

gb_node gb_graph_resize(gb_graph *graph, const char *name, gb_node x, int h, int w, const char *mode) {
    static const char *const modes[GB_RESIZE_MODES] = {"nearest", "bilinear", "area"};
    gb_graph_node *node = append(graph, name, 1, &x);
    int i = 0;
    if (!node)
        return GB_NO_NODE;
    while (i < GB_RESIZE_MODES && (!mode || strcmp(modes[i], mode)))
        i++;
    if (i == GB_RESIZE_MODES) {
        gb_graph_fail(graph, "%s: resizing by '%s'; expected nearest, bilinear or area", name, mode ? mode : "");
        return GB_NO_NODE;
    }
    node->desc.resize = (gb_resize){h, w, (gb_resize_mode)i};
    return finish(graph, node, GB_OP_RESIZE, 3);
}

gb_node gb_graph_shuffle(gb_graph *graph, const char *name, gb_node x, int groups) {
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    node->desc.shuffle.groups = groups;
    return finish(graph, node, GB_OP_SHUFFLE, ndim_of(graph, x));
}

gb_node gb_graph_flatten(gb_graph *graph, const char *name, gb_node x) {
    gb_graph_node *node = append(graph, name, 1, &x);
    return node ? finish(graph, node, GB_OP_FLATTEN, 1) : GB_NO_NODE;
}

gb_node gb_graph_channel_affine(gb_graph *graph, const char *name, gb_node x, const char *scale, const char *offset) {
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    const int64_t c = node->desc.in[0].c;
    if (!weight(graph, name, scale, 1, &c) || !weight(graph, name, offset, 1, &c))
        return GB_NO_NODE;
    node->weight[0] = gb_graph_keep(graph, scale);
    node->weight[1] = gb_graph_keep(graph, offset);
    return finish(graph, node, GB_OP_CHANNEL_AFFINE, ndim_of(graph, x));
}

gb_node gb_graph_unit_norm(gb_graph *graph, const char *name, gb_node x, float eps) {
    gb_graph_node *node = append(graph, name, 1, &x);
    if (!node)
        return GB_NO_NODE;
    node->desc.unit_norm.eps = eps;
    return finish(graph, node, GB_OP_UNIT_NORM, ndim_of(graph, x));
}

gb_node gb_graph_distance(gb_graph *graph, const char *name, const char *kind, gb_node a, gb_node b,
                          const char *weight_name) {
    static const gb_op_id kinds[] = {GB_OP_L1, GB_OP_L2, GB_OP_COSINE, GB_OP_WEIGHTED_L2};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    gb_graph_node *node = append(graph, name, 2, (const gb_node[]){a, b});
    int i = 0;
    if (!node)
        return GB_NO_NODE;
    while (i < KINDS && (!kind || strcmp(gb_ops[kinds[i]]->name, kind)))
        i++;
    if (i == KINDS) {
        gb_graph_fail(graph, "%s: distance '%s'; expected l1, l2, cosine or weighted_l2", name, kind ? kind : "");
        return GB_NO_NODE;
    }
    const int64_t c = node->desc.in[0].c;
    if (kinds[i] == GB_OP_WEIGHTED_L2) {
        if (!weight(graph, name, weight_name, 1, &c))
            return GB_NO_NODE;
        node->weight[0] = gb_graph_keep(graph, weight_name);
    }
    return finish(graph, node, kinds[i], 1);
}

gb_node gb_graph_cross_entropy(gb_graph *graph, const char *name, gb_node logits, gb_node shares) {
    gb_graph_node *node = append(graph, name, 2, (const gb_node[]){logits, shares});
    return node ? finish(graph, node, GB_OP_CROSS_ENTROPY, 1) : GB_NO_NODE;
}

gb_node gb_graph_attention_scores(gb_graph *graph, const char *name, gb_node theta, gb_node phi) {
    gb_graph_node *node = append(graph, name, 2, (const gb_node[]){theta, phi});
    return node ? finish(graph, node, GB_OP_SCORES, 2) : GB_NO_NODE;
}

gb_node gb_graph_softmax(gb_graph *graph, const char *name, gb_node x) {
    gb_graph_node *node = append(graph, name, 1, &x);
    return node ? finish(graph, node, GB_OP_SOFTMAX, ndim_of(graph, x)) : GB_NO_NODE;
}

gb_node gb_graph_attention_output(gb_graph *graph, const char *name, gb_node values, gb_node weights, gb_node like) {
    gb_graph_node *node = append(graph, name, 3, (const gb_node[]){values, weights, like});
    return node ? finish(graph, node, GB_OP_MIX, 3) : GB_NO_NODE;
}

void gb_graph_output(gb_graph *graph, gb_node node) {
    if (node < 0 || node >= graph->count)
        gb_graph_fail(graph, "the output is not a node of this graph");
    else
        graph->output = node;
}
