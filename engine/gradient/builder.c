/* Appending the nodes of the backward pass, and sums of contributions. */
#include "builder.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"

static const gb_cpu planar = {.isa = "plain", .vector = 1, .workers = 1};

/* ------------------------------------------------------------------------------------------------ nodes */

gb_graph_node *gb_adjoint_new(gb_adjoint_builder *b) {
    gb_graph *g = &b->bent->graph;
    if (b->status)
        return NULL;
    if (g->count == g->room) {
        int room = g->room < GB_MAX_BENT_NODES ? 2 * g->room : 2 * GB_MAX_BENT_NODES;
        gb_graph_node *grown = room > g->room ? realloc(g->nodes, (size_t)room * sizeof *grown) : NULL;
        if (!grown) {
            b->status = gb_fail(b->err, GB_NO_MEMORY, "out of memory");
            return NULL;
        }
        g->nodes = grown;
        g->room = room;
    }
    if (!gb_count_work(b->work, 1)) {
        b->status = gb_fail_cancelled(b->err);
        return NULL;
    }
    gb_graph_node *node = &g->nodes[g->count];
    *node = (gb_graph_node){.is_adjoint = true, .clamp = -1, .weight_gain = 1, .noise_factor = 1,
                            .layer_act = GB_NO_NODE, .layer_noise = GB_NO_NODE};
    return node;
}

static void set_shape(gb_graph_node *node, const gb_shape *s) {
    node->ndim = s->h > 1 ? 3 : s->w > 1 ? 2 : 1;
    node->shape[0] = s->c;
    node->shape[1] = node->ndim == 2 ? s->w : s->h;
    node->shape[2] = s->w;
}

static bool sums_batch(gb_op_id op) {
    return op == GB_OP_BATCH_SUM || op == GB_OP_WEIGHT_GRAD || op == GB_OP_NORM_GAIN_GRAD ||
           op == GB_OP_STRENGTH_GRAD || op == GB_OP_DEMODULATE_GRAD;
}

gb_node gb_adjoint_node(gb_adjoint_builder *b, gb_node of, gb_desc desc, int inputs, const gb_node *input) {
    char why[256];
    gb_node value[GB_MAX_INPUTS] = {0};
    for (int k = 0; k < inputs; k++) {
        if (input[k] == GB_NO_NODE)
            return GB_NO_NODE;              /* after an error */
        value[k] = b->recomputes ? gb_value_of(b, input[k]) : input[k];
    }
    gb_graph_node *node = gb_adjoint_new(b);
    if (!node)
        return GB_NO_NODE;
    gb_graph *g = &b->bent->graph;
    const gb_graph_node *forward = &g->nodes[of];
    node->name = forward->name;
    node->base = forward->base;
    node->version = forward->version;
    node->live = forward->live;
    node->weight_gain = forward->weight_gain;
    memcpy(node->weight, forward->weight, sizeof node->weight);
    node->inputs = inputs;
    node->desc = desc;
    node->desc.inputs = inputs;
    node->desc.out.n = 1;
    node->for_batch = sums_batch(desc.op);
    uint64_t id = gb_mix(gb_mix(desc.op, (uint64_t)g->count), forward->id);
    for (int k = 0; k < inputs; k++) {
        node->input[k] = value[k];
        node->desc.in[k] = gb_node_shape(&g->nodes[value[k]]);
        id = gb_mix(id, g->nodes[value[k]].id);
    }
    node->id = id >> 2 | UINT64_C(1) << 62;
    if (!gb_op_shape(&planar, &node->desc, why, sizeof why)) {
        b->status = gb_fail(b->err, GB_BAD_ARGUMENT, "the gradient of %s: %s", node->name, why);
        return GB_NO_NODE;
    }
    set_shape(node, &node->desc.out);
    return g->count++;
}

gb_graph_node *gb_adjoint_at(gb_adjoint_builder *b, gb_node node) {
    static gb_graph_node none;              /* after an error */
    return node == GB_NO_NODE ? &none : &b->bent->graph.nodes[node];
}

/* ------------------------------------------------------------------------------------------------ contributions */

bool gb_input_needed(const gb_adjoint_builder *b, gb_node i, int k) {
    return b->needed[gb_forward(b, i)->input[k]];
}

/* Applies the factor. */
void gb_settle(gb_adjoint_builder *b, gb_node i) {
    gb_contribution *c = &b->gradient[i];
    if (c->sum == GB_NO_NODE || c->scale == GB_NO_NODE)
        return;
    gb_desc desc = {.op = GB_OP_CHANNEL_SCALE, .channel_scale = {c->scale_gain}};
    c->sum = gb_adjoint_node(b, i, desc, 2, (const gb_node[]){c->sum, c->scale});
    c->scale = GB_NO_NODE;
}

static void add_to(gb_adjoint_builder *b, gb_node i, gb_contribution more) {
    gb_contribution *c = &b->gradient[i];
    if (!b->needed[i] || b->status)
        return;
    if (c->sum == GB_NO_NODE) {
        *c = more;
        return;
    }
    gb_settle(b, i);
    gb_contribution before = *c;
    *c = more;
    gb_settle(b, i);
    c->sum = gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_ADD}, 2, (const gb_node[]){before.sum, c->sum});
}

void gb_contribute(gb_adjoint_builder *b, gb_node i, int k, gb_node g) {
    add_to(b, gb_forward(b, i)->input[k], (gb_contribution){g, GB_NO_NODE, 1});
}

void gb_contribute_scaled(gb_adjoint_builder *b, gb_node i, int k, gb_node g, gb_node scale, float gain) {
    add_to(b, gb_forward(b, i)->input[k], (gb_contribution){g, scale, gain});
}

bool gb_no_gradient(gb_adjoint_builder *b, gb_node i, const char *what) {
    if (!b->straight_through && !b->status)
        b->status = gb_fail(b->err, GB_BAD_ARGUMENT,
                            "%s: %s has no gradient; straight_through passes the gradient on as if it were not there",
                            gb_forward(b, i)->name, what);
    return b->straight_through;
}

bool gb_weight_wanted(const gb_adjoint_builder *b, const char *weight) {
    const gb_own_weight *own = gb_own_weights_find(b->weights, b->base->network, weight);
    return own && own->trained;
}

void gb_contribute_weight(gb_adjoint_builder *b, gb_node i, const char *weight, gb_node g) {
    const gb_own_weight *own = gb_own_weights_find(b->weights, b->base->network, weight);
    gb_node *sum = &b->weight_gradient[own - b->weights->list];
    if (*sum != GB_NO_NODE && g != GB_NO_NODE) {
        g = gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_ADD}, 2, (const gb_node[]){*sum, g});
        gb_adjoint_at(b, g)->for_batch = true;
    }
    *sum = g;
}
