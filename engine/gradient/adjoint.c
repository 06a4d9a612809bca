/* The adjoint graph: which boundaries need a gradient, and the walk backwards. */
#include "adjoint.h"

#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "engine/base/error.h"
#include "engine/base/mix.h"

/* ------------------------------------------------------------------------------------------------ building */

static gb_status prepare(gb_adjoint_builder *b, const gb_adjoint_request *r) {
    gb_adjoint *a = b->adjoint;
    size_t count = (size_t)b->bent->graph.count, wants = (size_t)r->want_count + 1;
    b->gradient = malloc(count * sizeof *b->gradient);
    b->needed = calloc(count, sizeof *b->needed);
    b->uses = calloc(count, sizeof *b->uses);
    b->user = calloc(count, sizeof *b->user);
    b->read = calloc(count, sizeof *b->read);
    b->dropped = calloc(count, sizeof *b->dropped);
    b->copy = malloc(count * sizeof *b->copy);
    b->stack = malloc(count * sizeof *b->stack);
    if (a) {
        a->gradient = malloc(wants * sizeof *a->gradient);
        a->wants = malloc(wants * sizeof *a->wants);
        a->weight_gradient = malloc((size_t)(r->weights->count + 1) * sizeof *a->weight_gradient);
        a->fed = calloc((size_t)b->base->count, sizeof *a->fed);
    }
    if (!b->gradient || !b->needed || !b->uses || !b->user || !b->read || !b->dropped || !b->copy ||
        !b->stack || !a || !a->gradient || !a->wants || !a->fed || !a->weight_gradient)
        return gb_fail(b->err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; i < b->base->count; i++)
        a->fed[i] = r->values[i] && !b->base->nodes[i].is_input;
    for (int i = 0; i < r->want_count; i++)
        a->wants[i] = r->wants[i];
    a->want_count = r->want_count;
    a->weight_count = r->weights->count;
    a->trained = r->weights->trained;
    a->base_count = b->base->count;
    a->first = (gb_node)count;
    a->seed = r->seed;
    a->straight_through = r->straight_through;
    b->fed = a->fed;
    b->weights = r->weights;
    b->weight_gradient = a->weight_gradient;
    b->first = a->first;
    return GB_OK;
}

/* The value of this node is not computed from its inputs. */
static bool is_source(const gb_adjoint_builder *b, gb_node i) {
    const gb_graph_node *node = gb_forward(b, i);
    return node->is_input || (b->fed[node->base] && b->bent->self[node->base] == i);
}

/* The node of the bent graph whose gradient is wanted. */
static gb_node wanted_node(const gb_adjoint_builder *b, const gb_want *want) {
    return want->params ? b->bent->self[want->node] : b->bent->value[want->node];
}

/* True if the node computes its value from weights of which a gradient is wanted. */
static bool is_trained(const gb_adjoint_builder *b, gb_node i) {
    bool trained = false;
    for (int slot = 0; b->weights->trained && slot < GB_WEIGHT_SLOTS && !is_source(b, i); slot++)
        trained |= gb_weight_wanted(b, gb_weight_in_slot(gb_forward(b, i), slot)) &&
                   gb_slot_has_gradient(gb_forward(b, i), slot);
    return trained;
}

static void find_needed(gb_adjoint_builder *b) {
    gb_adjoint *a = b->adjoint;
    for (int i = 0; i < a->want_count; i++)
        b->needed[wanted_node(b, &a->wants[i])] = true;
    for (gb_node i = 0; i < a->first; i++) {
        const gb_graph_node *node = gb_forward(b, i);
        b->needed[i] |= is_trained(b, i);
        for (int k = 0; k < node->inputs; k++) {
            b->uses[node->input[k]]++;
            b->user[node->input[k]] = i;
            if (!is_source(b, i) && b->needed[node->input[k]])
                b->needed[i] = true;
        }
    }
}

static void add_cotangent(gb_adjoint_builder *b, gb_node seed) {
    gb_graph_node *node = gb_adjoint_new(b);
    if (!node)
        return;
    gb_graph *g = &b->bent->graph;
    const gb_graph_node *forward = &g->nodes[seed];
    node->is_input = true;
    node->name = forward->name;
    node->base = forward->base;
    node->id = gb_mix(0, forward->id) >> 2 | UINT64_C(1) << 62;
    node->ndim = forward->ndim;
    memcpy(node->shape, forward->shape, sizeof node->shape);
    node->desc.out = gb_node_shape(node);
    b->adjoint->cotangent = g->count++;
}

/* The parameters of a bent activation; v is the gradient of the layer's value. */
static gb_node param_gradient(gb_adjoint_builder *b, gb_node i, gb_node g) {
    const gb_graph_node *node = gb_forward(b, i);
    int count = gb_act_param_count(node->act, node->act_param_count);
    gb_node sum = gb_adjoint_node(b, i, (gb_desc){.op = GB_OP_ACT_PARAM_GRAD, .act_param_grad = {count}}, 2,
                                  (const gb_node[]){g, node->input[0]});
    gb_adjoint_at(b, sum)->layer_act = i;
    return sum;
}

/* Appends the cotangent and the adjoint nodes, in place of those of an earlier walk. */
static void walk_back(gb_adjoint_builder *b) {
    gb_adjoint *a = b->adjoint;
    gb_node seed = b->bent->value[a->seed];
    b->bent->graph.count = a->first;
    for (gb_node i = 0; i < a->first; i++) {
        b->gradient[i] = (gb_contribution){GB_NO_NODE, GB_NO_NODE, 1};
        b->copy[i] = GB_NO_NODE;
    }
    for (int i = 0; i < a->want_count; i++)
        a->gradient[i] = GB_NO_NODE;
    for (int i = 0; i < a->weight_count; i++)
        a->weight_gradient[i] = GB_NO_NODE;
    add_cotangent(b, seed);
    if (!b->status && b->needed[seed])
        b->gradient[seed].sum = a->cotangent;
    for (gb_node i = a->first - 1; i >= 0 && !b->status; i--) {
        gb_contribution *c = &b->gradient[i];
        if (c->sum == GB_NO_NODE)
            continue;
        bool wanted = false;
        for (int k = 0; k < a->want_count; k++)
            wanted |= !a->wants[k].params && wanted_node(b, &a->wants[k]) == i;
        const gb_graph_node *node = gb_forward(b, i);
        bool takes_scale = !node->is_input && node->desc.op == GB_OP_BIAS_ACT && c->scale_gain == 1;
        if (wanted || !takes_scale)
            gb_settle(b, i);
        for (int k = 0; k < a->want_count && !b->status; k++) {
            if (wanted_node(b, &a->wants[k]) != i)
                continue;
            if (a->wants[k].params)
                gb_settle(b, i);
            a->gradient[k] = a->wants[k].params ? param_gradient(b, i, c->sum) : c->sum;
        }
        gb_op_id op = gb_forward(b, i)->desc.op;
        bool passes = is_trained(b, i);
        for (int k = 0; k < gb_forward(b, i)->inputs; k++)
            passes |= gb_input_needed(b, i, k);
        if (!passes || is_source(b, i) || b->status)
            continue;
        gb_rule *rule = gb_rule_of(op);
        if (rule)
            rule(b, i, c->sum);
        else if (!b->status)
            b->status = gb_fail(b->err, GB_BAD_ARGUMENT, "%s: %s has no gradient", gb_forward(b, i)->name,
                                gb_ops[op]->name);
    }
}

static void check_params(gb_adjoint_builder *b) {
    for (int i = 0; i < b->adjoint->want_count && !b->status; i++) {
        const gb_want *want = &b->adjoint->wants[i];
        const gb_graph_node *node = gb_forward(b, wanted_node(b, want));
        if (want->params && (node->is_input || node->desc.op != GB_OP_BIAS_ACT || !gb_acts[node->act].params))
            b->status = gb_fail(b->err, GB_BAD_ARGUMENT, "%s: its activation has no parameters", node->name);
    }
}

gb_status gb_adjoint_append(const gb_adjoint_request *request, const gb_graph *base, gb_bent *bent, gb_adjoint **out,
                            gb_error *err) {
    gb_adjoint_builder b = {.bent = bent, .base = base, .adjoint = calloc(1, sizeof(gb_adjoint)),
                            .work = request->work, .straight_through = request->straight_through, .err = err};
    b.status = prepare(&b, request);
    if (!b.status)
        check_params(&b);
    if (!b.status) {
        find_needed(&b);
        walk_back(&b);
    }
    if (!b.status && gb_choose_dropped(&b, request->batch, request->keep_bytes)) {
        b.recomputes = true;
        walk_back(&b);
    }
    free(b.gradient);
    free(b.needed);
    free(b.uses);
    free(b.user);
    free(b.read);
    free(b.dropped);
    free(b.copy);
    free(b.stack);
    if (b.status)
        gb_adjoint_free(b.adjoint);
    else
        *out = b.adjoint;
    return b.status;
}

void gb_adjoint_free(gb_adjoint *adjoint) {
    if (!adjoint)
        return;
    free(adjoint->gradient);
    free(adjoint->wants);
    free(adjoint->weight_gradient);
    free(adjoint->fed);
    free(adjoint);
}

bool gb_adjoint_is_current(const gb_adjoint *a, const gb_adjoint_request *r, const gb_graph *base) {
    if (a->seed != r->seed || a->want_count != r->want_count || a->straight_through != r->straight_through ||
        a->weight_count != r->weights->count || a->trained != r->weights->trained)
        return false;
    for (int i = 0; i < r->want_count; i++)
        if (a->wants[i].node != r->wants[i].node || a->wants[i].params != r->wants[i].params)
            return false;
    for (gb_node i = 0; i < base->count; i++)
        if (a->fed[i] != (r->values[i] && !base->nodes[i].is_input))
            return false;
    return true;
}
