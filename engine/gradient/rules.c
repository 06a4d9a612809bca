/* The rule of every operation: from the gradient g of its value, the nodes that compute the gradients of its inputs and
 * of its weights. */
#include "adjoint.h"
#include "builder.h"
#include "engine/base/mix.h"

/* A node with one input, or two. */
static gb_node one(gb_adjoint_builder *b, gb_node of, gb_desc desc, gb_node x) {
    return gb_adjoint_node(b, of, desc, 1, &x);
}

static gb_node two(gb_adjoint_builder *b, gb_node of, gb_desc desc, gb_node x, gb_node y) {
    return gb_adjoint_node(b, of, desc, 2, (const gb_node[]){x, y});
}

/* The operation of node i with its attributes, under another identifier. */
static gb_desc as(gb_op_id op, const gb_graph_node *node) {
    gb_desc desc = node->desc;
    desc.op = op;
    return desc;
}

/* ------------------------------------------------------------------------------------------------ weights */

bool gb_slot_has_gradient(const gb_graph_node *node, int slot) {
    switch (node->desc.op) {
    case GB_OP_CONSTANT:
    case GB_OP_LINEAR:
    case GB_OP_CONV2D:
        return slot == 0;
    case GB_OP_MODULATED_CONV2D:
        return slot == 0 && (node->desc.conv.modulated || !node->desc.conv.demodulate);
    case GB_OP_BATCH_NORM:
        return slot == 2 || slot == 3;
    case GB_OP_CHANNEL_AFFINE:
        return slot == 0 || slot == 1;
    case GB_OP_BIAS_ACT:
        return slot == GB_SLOT_BIAS;
    case GB_OP_NOISE:
        return slot == GB_SLOT_STRENGTH;
    default:
        return false;
    }
}

/* Contributes the sum of g over the batch, and over the pixels, to a weight if that is wanted. */
static void batch_sum(gb_adjoint_builder *b, gb_node i, const char *weight, gb_node g, bool pixels, float gain) {
    gb_desc desc = {.op = GB_OP_BATCH_SUM, .batch_sum = {pixels, gain}};
    if (gb_weight_wanted(b, weight))
        gb_contribute_weight(b, i, weight, one(b, i, desc, g));
}

static void constant(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    batch_sum(b, i, n->weight[0], g, false, n->weight_gain);
}

/* ------------------------------------------------------------------------------------------------ mapping */

static void pixel_norm(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    gb_contribute(b, i, 0, two(b, i, as(GB_OP_PIXEL_NORM_GRAD, n), n->input[0], g));
}

static void linear(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    gb_desc desc = n->desc, of_weight = {.op = GB_OP_WEIGHT_GRAD};
    const char *weight = n->weight[0];
    of_weight.weight_grad = (gb_weight_grad){1, 1, 0, 1, false, n->desc.linear.gain * n->weight_gain};
    if (gb_weight_wanted(b, weight))
        gb_contribute_weight(b, i, weight, two(b, i, of_weight, n->input[0], g));
    if (!gb_input_needed(b, i, 0))
        return;
    desc.linear.cout = desc.in[0].c;
    gb_node gx = one(b, i, desc, g);
    gb_adjoint_at(b, gx)->transform = GB_TRANSPOSED;
    gb_contribute(b, i, 0, gx);
}

static void concat(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    int first = n->desc.in[0].c, second = n->desc.in[1].c;
    if (gb_input_needed(b, i, 0))
        gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_SLICE, .slice = {0, first}}, g));
    if (gb_input_needed(b, i, 1))
        gb_contribute(b, i, 1, one(b, i, (gb_desc){.op = GB_OP_SLICE, .slice = {first, second}}, g));
}

static void truncate(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_TRUNCATE_GRAD}, g));
}

static void select_row(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    gb_desc desc = {.op = GB_OP_SELECT_GRAD, .select_grad = {n->desc.select.row, n->desc.in[0].c}};
    gb_contribute(b, i, 0, one(b, i, desc, g));
}

/* ------------------------------------------------------------------------------------------------ convolution */

/* Where the value y of a convolution can be read although it is not stored: the layer behind it, noise, bias and
 * activation, if the activation can be inverted. GB_NO_NODE if there is none. */
static gb_node layer_behind(const gb_adjoint_builder *b, gb_node conv, gb_node *noise) {
    gb_node at = conv;
    *noise = GB_NO_NODE;
    for (;;) {
        if (b->uses[at] != 1 || at == b->bent->graph.output)
            return GB_NO_NODE;
        gb_node next = b->user[at];
        const gb_graph_node *n = gb_forward(b, next);
        if (b->fed[n->base] || n->input[0] != at)
            return GB_NO_NODE;
        if (n->desc.op == GB_OP_NOISE && *noise == GB_NO_NODE && gb_forward(b, n->input[1])->is_input) {
            *noise = at = next;
            continue;
        }
        bool invertible = n->desc.op == GB_OP_BIAS_ACT && !n->act_channels && !n->scale &&
                          gb_act_invertible(n->act, n->act_params, n->act_param_count, n->gain);
        return invertible ? next : GB_NO_NODE;
    }
}

/* e[o] = Σ_p g[o,p] y[o,p] */
static gb_node output_dot(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_node noise, layer = layer_behind(b, i, &noise);
    gb_desc desc = {.op = GB_OP_CHANNEL_DOT, .channel_dot = {.gain = 1, .before_act = layer != GB_NO_NODE}};
    gb_node e = two(b, i, desc, g, layer != GB_NO_NODE ? layer : i);
    if (layer != GB_NO_NODE) {
        gb_adjoint_at(b, e)->layer_act = layer;
        gb_adjoint_at(b, e)->layer_noise = noise;
    }
    return e;
}

/* The demodulation of a convolution and Σ_p g y of each output, made by the first rule that needs them. */
typedef struct demodulated {
    gb_node factors, dot;
} demodulated;

/* y = d ⊙ (W ⋆ (s ⊙ x)):  gW = Σ_n (d ⊙ g) ⋆ (s ⊙ x), and what W changes through d, see ops/gradient/weights.c. An
 * upsampling convolution is the adjoint of one with stride 2, whose map is FIRᵀ (d ⊙ g) and whose gradient is s ⊙ x. */
static void convolution_weight(gb_adjoint_builder *b, gb_node i, gb_node g, const demodulated *d) {
    const gb_graph_node *n = gb_forward(b, i);
    gb_conv conv = n->desc.conv;
    const char *weight = n->weight[0], *fir = n->weight[1];
    gb_node x = n->input[0], styles = conv.modulated ? n->input[1] : GB_NO_NODE;
    gb_desc desc = {.op = GB_OP_WEIGHT_GRAD};
    desc.weight_grad = (gb_weight_grad){conv.kernel, 1, (conv.kernel - 1) / 2, 1, false, n->weight_gain};
    if (conv.modulated)
        x = two(b, i, (gb_desc){.op = GB_OP_CHANNEL_SCALE, .channel_scale = {conv.style_gain}}, x, styles);
    if (conv.demodulate)
        g = two(b, i, (gb_desc){.op = GB_OP_CHANNEL_SCALE, .channel_scale = {1}}, g, d->factors);
    if (conv.up == 2) {
        g = one(b, i, (gb_desc){.op = GB_OP_FIR_GRAD, .fir = {1, 4, 1, 1, 4}}, g);
        gb_adjoint_at(b, g)->weight[0] = fir;
        gb_adjoint_at(b, g)->weight[1] = NULL;
        gb_adjoint_at(b, g)->weight_gain = 1;
        desc.weight_grad.stride = 2;
        desc.weight_grad.padding = 0;
        desc.weight_grad.swapped = true;
        gb_contribute_weight(b, i, weight, two(b, i, desc, g, x));
    } else {
        gb_contribute_weight(b, i, weight, two(b, i, desc, x, g));
    }
    if (conv.demodulate)
        gb_contribute_weight(b, i, weight,
                             gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_DEMODULATE_GRAD, .conv = conv}, 3,
                                             (const gb_node[]){styles, d->dot, d->factors}));
}

/* See ops/gradient/convolution.c. */
static void convolution(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_conv conv = gb_forward(b, i)->desc.conv;
    gb_node x = gb_forward(b, i)->input[0], styles = conv.modulated ? gb_forward(b, i)->input[1] : GB_NO_NODE;
    gb_shape in = gb_forward(b, i)->desc.in[0];
    bool of_styles = conv.modulated && b->needed[styles];
    bool of_weight = gb_weight_wanted(b, gb_forward(b, i)->weight[0]);
    demodulated d = {GB_NO_NODE, GB_NO_NODE};
    if (conv.demodulate && !conv.modulated) {
        gb_no_gradient(b, i, "a demodulated convolution without styles");
        return;
    }
    if (conv.demodulate)
        d.factors = one(b, i, (gb_desc){.op = GB_OP_DEMODULATE, .conv = conv}, styles);
    if (conv.demodulate && (of_styles || of_weight))
        d.dot = output_dot(b, i, g);
    if (of_weight)
        convolution_weight(b, i, g, &d);
    if (!b->needed[x] && !of_styles)
        return;
    gb_desc desc = {.op = conv.up == 2 ? GB_OP_CONV_DOWN : GB_OP_MODULATED_CONV2D};
    desc.conv = (gb_conv){.cout = in.c, .kernel = conv.kernel, .up = conv.up, .modulated = conv.demodulate,
                          .style_gain = 1};
    gb_node t = conv.demodulate ? two(b, i, desc, g, d.factors) : one(b, i, desc, g);
    gb_adjoint_at(b, t)->transform = conv.up == 2 ? GB_TRANSPOSED : GB_TRANSPOSED_FLIPPED;
    if (of_styles) {
        float gain = conv.demodulate ? 1 : conv.style_gain;
        gb_node dot = two(b, i, (gb_desc){.op = GB_OP_CHANNEL_DOT, .channel_dot = {.gain = gain}}, t, x);
        if (conv.demodulate)
            dot = gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_STYLE_GRAD, .conv = conv}, 4,
                                  (const gb_node[]){styles, dot, d.dot, d.factors});
        gb_contribute(b, i, 1, dot);
    }
    if (conv.modulated)
        gb_contribute_scaled(b, i, 0, t, styles, conv.style_gain);
    else
        gb_contribute(b, i, 0, t);
}

/* y = W ⋆ x with any stride: the gradient, spread by the stride, is convolved with W transposed and flipped. */
static void conv2d(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    gb_conv2d conv = n->desc.conv2d;
    gb_shape in = n->desc.in[0];
    const char *weight = n->weight[0];
    gb_desc of_weight = {.op = GB_OP_WEIGHT_GRAD, .weight_grad = {conv.kernel, conv.stride, conv.padding, conv.groups,
                                                                  false, n->weight_gain}};
    if (gb_weight_wanted(b, weight))
        gb_contribute_weight(b, i, weight, two(b, i, of_weight, n->input[0], g));
    if (!gb_input_needed(b, i, 0))
        return;
    if (conv.padding >= conv.kernel) {
        gb_no_gradient(b, i, "a convolution with more padding than its kernel reaches");
        return;
    }
    gb_desc spread = {.op = GB_OP_SPREAD, .spread = {conv.stride, in.h + 2 * conv.padding - conv.kernel + 1,
                                                     in.w + 2 * conv.padding - conv.kernel + 1}};
    if (conv.stride > 1)
        g = one(b, i, spread, g);
    gb_desc desc = {.op = GB_OP_CONV2D, .conv2d = {.cout = in.c, .kernel = conv.kernel, .stride = 1,
                                                   .padding = conv.kernel - 1 - conv.padding, .groups = conv.groups}};
    gb_node gx = one(b, i, desc, g);
    gb_adjoint_at(b, gx)->transform = GB_TRANSPOSED_FLIPPED;
    gb_contribute(b, i, 0, gx);
}

/* ------------------------------------------------------------------------------------------------ layers */

static void upfirdn2d(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, one(b, i, as(GB_OP_FIR_GRAD, gb_forward(b, i)), g));
}

static void noise(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const char *strength = gb_forward(b, i)->strength;
    float factor = gb_forward(b, i)->noise_factor;
    gb_contribute(b, i, 0, g);
    if (gb_weight_wanted(b, strength)) {
        gb_node of_strength = one(b, i, (gb_desc){.op = GB_OP_STRENGTH_GRAD, .strength_grad = {factor}}, g);
        gb_graph_node *node = gb_adjoint_at(b, of_strength);
        node->layer_noise = i;
        node->id = gb_mix_float(node->id, factor) >> 2 | UINT64_C(1) << 62;     /* another factor is another plan */
        gb_contribute_weight(b, i, strength, of_strength);
    }
    if (!gb_input_needed(b, i, 1) || gb_forward(b, i)->noise_map)
        return;                     /* a bend's map is not the input */
    gb_node sum = one(b, i, (gb_desc){.op = GB_OP_PIXEL_SUM}, g);
    gb_adjoint_at(b, sum)->layer_noise = i;
    gb_contribute(b, i, 1, sum);
}

static void bias_act(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    const char *bias = n->bias;
    float bias_gain = n->bias_gain;
    gb_node scale = b->gradient[i].scale, x = n->input[0];
    bool linear_act = !n->act_channels && n->act == GB_ACT_LINEAR, plain = linear_act && !(n->clamp >= 0);
    bool flat = !n->act_channels && gb_act_is_flat(n->act);
    if (flat && !gb_no_gradient(b, i, gb_acts[n->act].name))
        return;
    if (flat || (plain && n->gain == 1 && !n->scale)) {
        gb_contribute_scaled(b, i, 0, g, scale, 1);
        if (gb_weight_wanted(b, bias)) {
            if (scale != GB_NO_NODE)
                g = two(b, i, (gb_desc){.op = GB_OP_CHANNEL_SCALE, .channel_scale = {1}}, g, scale);
            batch_sum(b, i, bias, g, true, bias_gain);
        }
        return;
    }
    bool from_output = !n->act_channels && !n->scale && n->gain != 0 &&
                       gb_act_from_output(n->act, n->act_params, n->act_param_count, n->gain);
    /* A linear layer's derivative needs neither. */
    gb_node reference = plain ? g : from_output ? i : x;
    const gb_node input[] = {g, reference, scale};
    gb_desc desc = {.op = GB_OP_BIAS_ACT_GRAD, .act_grad = {from_output && !plain}};
    gb_node gx = gb_adjoint_node(b, i, desc, scale != GB_NO_NODE ? 3 : 2, input);
    gb_adjoint_at(b, gx)->layer_act = i;
    gb_contribute(b, i, 0, gx);
    batch_sum(b, i, bias, gx, true, bias_gain);
}

static void add(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, g);
    gb_contribute(b, i, 1, g);
}

static void batch_norm(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    bool per_sample = n->desc.inputs > 1;
    const gb_node input[] = {g, n->input[1], n->input[2]}, x = n->input[0];
    gb_desc desc = n->desc;
    gb_node gain = n->input[1], bias = n->input[2];
    const char *gain_weight = n->weight[2], *bias_weight = n->weight[3];
    if (gb_weight_wanted(b, gain_weight)) {
        desc.op = GB_OP_NORM_GAIN_GRAD;
        gb_contribute_weight(b, i, gain_weight, two(b, i, desc, x, g));
    }
    batch_sum(b, i, bias_weight, g, true, 1);
    if (per_sample && gb_input_needed(b, i, 1)) {
        desc.op = GB_OP_BATCH_NORM_DOT;
        gb_contribute(b, i, 1, two(b, i, desc, x, g));
    }
    if (per_sample && gb_input_needed(b, i, 2))
        gb_contribute(b, i, 2, one(b, i, (gb_desc){.op = GB_OP_CHANNEL_DOT, .channel_dot = {.gain = 1}}, g));
    desc.op = desc.batch_norm.own ? GB_OP_BATCH_NORM_OWN_GRAD : GB_OP_BATCH_NORM_GRAD;
    if (gb_input_needed(b, i, 0) && desc.batch_norm.own)
        gb_contribute(b, i, 0, gb_adjoint_node(b, i, desc, per_sample ? 4 : 2, (const gb_node[]){x, g, gain, bias}));
    else if (gb_input_needed(b, i, 0))
        gb_contribute(b, i, 0, gb_adjoint_node(b, i, desc, per_sample ? 3 : 1, input));
}

/* ------------------------------------------------------------------------------------------------ maps */

static void slice(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    gb_desc desc = {.op = GB_OP_SLICE_GRAD, .slice_grad = {n->desc.slice.from, n->desc.in[0].c}};
    gb_contribute(b, i, 0, one(b, i, desc, g));
}

static void reshape(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, one(b, i, as(GB_OP_RESHAPE_GRAD, gb_forward(b, i)), g));
}

static void upsample_nearest(gb_adjoint_builder *b, gb_node i, gb_node g) {
    int c = gb_forward(b, i)->desc.in[0].c;
    gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_PASS_GRAD, .pass = {.c = c, .up = 2, .kept = c}}, g));
}

static void max_pool(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, two(b, i, as(GB_OP_MAX_POOL_GRAD, gb_forward(b, i)), gb_forward(b, i)->input[0], g));
}

static void avg_pool(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, two(b, i, as(GB_OP_AVG_POOL_GRAD, gb_forward(b, i)), gb_forward(b, i)->input[0], g));
}

static void global_mean(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, two(b, i, (gb_desc){.op = GB_OP_MEAN_GRAD}, gb_forward(b, i)->input[0], g));
}

static void resize(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_desc desc = as(GB_OP_RESIZE_GRAD, gb_forward(b, i));
    desc.resize.h = gb_forward(b, i)->desc.in[0].h;
    desc.resize.w = gb_forward(b, i)->desc.in[0].w;
    gb_contribute(b, i, 0, one(b, i, desc, g));
}

/* The shuffle with as many groups as each group has channels undoes it. */
static void shuffle(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_desc desc = gb_forward(b, i)->desc;
    desc.shuffle.groups = desc.in[0].c / desc.shuffle.groups;
    gb_contribute(b, i, 0, one(b, i, desc, g));
}

static void flatten(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_shape in = gb_forward(b, i)->desc.in[0];
    gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_RESHAPE, .reshape = {in.c, in.h, in.w, false}}, g));
}

static void channel_affine(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    const char *scale = n->weight[0], *offset = n->weight[1];
    float gain = n->weight_gain;
    if (gb_weight_wanted(b, scale)) {
        gb_desc dot = {.op = GB_OP_CHANNEL_DOT, .channel_dot = {.gain = 1}};
        batch_sum(b, i, scale, two(b, i, dot, g, n->input[0]), true, gain);
    }
    batch_sum(b, i, offset, g, true, 1);
    gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_AFFINE_GRAD}, g));
}

/* ------------------------------------------------------------------------------------------------ distances */

static void unit_norm(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, two(b, i, as(GB_OP_UNIT_NORM_GRAD, gb_forward(b, i)), gb_forward(b, i)->input[0], g));
}

static void distance(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_desc desc = {.op = GB_OP_DISTANCE_GRAD, .distance_grad = {gb_forward(b, i)->desc.op}};
    gb_node x = gb_forward(b, i)->input[0], y = gb_forward(b, i)->input[1];
    if (gb_input_needed(b, i, 0))
        gb_contribute(b, i, 0, gb_adjoint_node(b, i, desc, 3, (const gb_node[]){x, y, g}));
    if (gb_input_needed(b, i, 1))
        gb_contribute(b, i, 1, gb_adjoint_node(b, i, desc, 3, (const gb_node[]){y, x, g}));
}

static void cross_entropy(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_node x = gb_forward(b, i)->input[0], t = gb_forward(b, i)->input[1];
    if (gb_input_needed(b, i, 1) && !gb_no_gradient(b, i, "the share of a class in a cross-entropy"))
        return;
    gb_contribute(b, i, 0, gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_CROSS_ENTROPY_GRAD}, 3,
                                           (const gb_node[]){x, t, g}));
}

/* ------------------------------------------------------------------------------------------------ attention */

/* s[q,k] = Σ_c θ[c,q] φ[c,k]:  gθ = mix(φ, g),  gφ = mix(θ, gᵀ) */
static void scores(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_node theta = gb_forward(b, i)->input[0], phi = gb_forward(b, i)->input[1];
    gb_desc mix = {.op = GB_OP_MIX};
    if (gb_input_needed(b, i, 0))
        gb_contribute(b, i, 0, gb_adjoint_node(b, i, mix, 3, (const gb_node[]){phi, g, theta}));
    if (gb_input_needed(b, i, 1)) {
        gb_node t = one(b, i, (gb_desc){.op = GB_OP_TRANSPOSE}, g);
        gb_contribute(b, i, 1, gb_adjoint_node(b, i, mix, 3, (const gb_node[]){theta, t, phi}));
    }
}

static void softmax(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, two(b, i, (gb_desc){.op = GB_OP_SOFTMAX_GRAD}, i, g));
}

/* y[c,q] = Σ_k v[c,k] a[q,k]:  gv = mix(g, aᵀ),  ga = scores(g, v) */
static void mix(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_node values = gb_forward(b, i)->input[0], matrix = gb_forward(b, i)->input[1];
    if (gb_input_needed(b, i, 0)) {
        gb_node t = one(b, i, (gb_desc){.op = GB_OP_TRANSPOSE}, matrix);
        gb_contribute(b, i, 0,
                      gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_MIX}, 3, (const gb_node[]){g, t, values}));
    }
    if (gb_input_needed(b, i, 1))
        gb_contribute(b, i, 1, two(b, i, (gb_desc){.op = GB_OP_SCORES}, g, values));
}

/* ------------------------------------------------------------------------------------------------ bends */

static void filter(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *n = gb_forward(b, i);
    if (!gb_filter_has_gradient(n->desc.filter.row) && !gb_no_gradient(b, i, n->desc.filter.row->name))
        return;
    gb_contribute(b, i, 0, two(b, i, as(GB_OP_FILTER_GRAD, n), n->input[0], g));
}

static void pass(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_desc desc = as(GB_OP_PASS_GRAD, gb_forward(b, i));
    desc.pass.c = gb_forward(b, i)->desc.in[0].c;
    gb_contribute(b, i, 0, one(b, i, desc, g));
}

static void paint(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_PAINT_GRAD}, g));
}

static void set(gb_adjoint_builder *b, gb_node i, gb_node g) {
    gb_contribute(b, i, 0, one(b, i, (gb_desc){.op = GB_OP_SET_GRAD}, g));
    if (gb_forward(b, i)->inputs == 2 && gb_input_needed(b, i, 1))
        gb_contribute(b, i, 1, one(b, i, (gb_desc){.op = GB_OP_SET_GRAD, .set_grad = {.values = true}}, g));
}

static void callback(gb_adjoint_builder *b, gb_node i, gb_node g) {
    if (gb_no_gradient(b, i, "a callback"))
        gb_contribute(b, i, 0, g);
}

gb_rule *gb_rule_of(gb_op_id op) {
    static gb_rule *const rules[GB_OPS] = {
        [GB_OP_CONSTANT] = constant, [GB_OP_PIXEL_NORM] = pixel_norm, [GB_OP_LINEAR] = linear, [GB_OP_CONCAT] = concat,
        [GB_OP_TRUNCATE] = truncate, [GB_OP_SELECT] = select_row, [GB_OP_MODULATED_CONV2D] = convolution,
        [GB_OP_UPFIRDN2D] = upfirdn2d, [GB_OP_NOISE] = noise, [GB_OP_BIAS_ACT] = bias_act, [GB_OP_ADD] = add,
        [GB_OP_BATCH_NORM] = batch_norm, [GB_OP_SLICE] = slice, [GB_OP_RESHAPE] = reshape,
        [GB_OP_UPSAMPLE_NEAREST] = upsample_nearest, [GB_OP_MAX_POOL] = max_pool, [GB_OP_SCORES] = scores,
        [GB_OP_SOFTMAX] = softmax, [GB_OP_MIX] = mix, [GB_OP_FILTER] = filter, [GB_OP_PASS] = pass,
        [GB_OP_CONV2D] = conv2d, [GB_OP_AVG_POOL] = avg_pool, [GB_OP_GLOBAL_MEAN] = global_mean,
        [GB_OP_RESIZE] = resize, [GB_OP_SHUFFLE] = shuffle, [GB_OP_FLATTEN] = flatten,
        [GB_OP_CHANNEL_AFFINE] = channel_affine, [GB_OP_UNIT_NORM] = unit_norm, [GB_OP_L1] = distance,
        [GB_OP_L2] = distance, [GB_OP_COSINE] = distance, [GB_OP_WEIGHTED_L2] = distance,
        [GB_OP_CROSS_ENTROPY] = cross_entropy, [GB_OP_PAINT] = paint, [GB_OP_SET] = set, [GB_OP_CALLBACK] = callback,
    };
    return rules[op];
}
