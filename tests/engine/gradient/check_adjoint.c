/* check_adjoint: the adjoint graphs of engine/gradient against finite differences, in double. Every operation, activation
 * and bend is put into a small network with random inputs x; its plain rows, compiled for double, compute
 *
 *     ⟨J v, u⟩ ≈ (⟨f(x + h v), u⟩ − ⟨f(x − h v), u⟩) / 2h     and     ⟨v, Jᵀ u⟩
 *
 * for random v and u, and the two must agree. x are the inputs and all weights that can be trained. The gradients Jᵀ u that
 * sessions compute in float32, with every instruction set of this processor, are held against those in double.
 * usage: check_adjoint [--seed N] */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/bend/make.h"
#include "engine/ganbend_gradient.h"
#include "engine/gradient/adjoint.h"
#include "ops/gradient/gradient.h"
#include "tests/engine/gradient/networks.h"

/* ------------------------------------------------------------------------------------------------ evaluation */

typedef struct evaluation {
    const gb_graph *graph, *base;
    double **value;             /* per node: [C,H,W] */
    double **weights;           /* per tensor of the network */
    gb_truncate_live truncate;
    gb_batch_norm_live norm;
} evaluation;

static size_t floats_of(const gb_graph_node *node) {
    return gb_node_floats(node);
}

/* A weight in double, rearranged as the node says. The caller frees it. */
static double *weight_of(const evaluation *e, const gb_graph_node *node, const char *name, float gain, gb_transform how) {
    const gb_array *array = gb_network_array(e->graph->network, name);
    const double *w = e->weights[gb_weights_tensor(e->graph->network, name)];
    size_t count = (size_t)gb_array_count(array);
    double *to = malloc(count * sizeof *to);
    size_t out = array->ndim > 1 ? (size_t)array->shape[0] : 1, in = array->ndim > 1 ? (size_t)array->shape[1] : count;
    size_t taps = count / (out * in), each = node->desc.op == GB_OP_CONV2D ? out / (size_t)node->desc.conv2d.groups : out;
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t k = 0; k < taps; k++) {
                double v = (double)gain * w[(o * in + i) * taps + k];
                size_t tap = how == GB_TRANSPOSED_FLIPPED ? taps - 1 - k : k;
                to[how == GB_AS_STORED ? (o * in + i) * taps + k
                                       : ((o / each * in + i) * each + o % each) * taps + tap] = v;
            }
    return to;
}

/* Adds the stage of a node of the forward pass to an epilogue. `owned` gets a bias to free. */
static void add_stage(const evaluation *e, gb_node i, gb_epilogue *epilogue, double **owned) {
    const gb_graph_node *node = &e->graph->nodes[i], *base = &e->base->nodes[node->base];
    if (node->desc.op == GB_OP_NOISE) {
        double *strength = weight_of(e, node, base->strength, 1, GB_AS_STORED);
        epilogue->noise = e->value[node->input[1]];
        epilogue->noise_strength = (float)strength[0] * node->noise_factor;
        free(strength);
        return;
    }
    epilogue->bias_act = true;
    if (node->bias)
        epilogue->bias = *owned = weight_of(e, node, node->bias, base->bias_gain, GB_AS_STORED);
    epilogue->act = node->act;
    epilogue->act_params = node->act_params;
    epilogue->act_param_count = node->act_param_count;
    epilogue->act_channels = node->act_channels;
    epilogue->base_act = node->base_act;
    epilogue->gain = node->gain;
    epilogue->clamp = node->clamp;
    if (node->scale) {
        double *scale = weight_of(e, node, node->scale, 1, GB_AS_STORED);
        epilogue->gain *= (float)scale[0];
        free(scale);
    }
}

static void evaluate_node(evaluation *e, gb_node i) {
    static const gb_cpu plain = {.isa = "plain", .vector = 1, .workers = 1};
    const gb_graph_node *node = &e->graph->nodes[i];
    const gb_op_row *row = &gb_ops[node->desc.op]->plain;
    gb_tensor in[GB_MAX_INPUTS], out = {node->desc.out, NULL}, add = {node->desc.out, NULL};
    gb_epilogue own = {.gain = 1, .clamp = -1}, layer = own;
    double *weights[GB_MAX_WEIGHTS] = {NULL}, *bias = NULL, *layer_bias = NULL;
    gb_desc d = node->desc;
    gb_args args = {.out = &out, .live = node->live};
    if (d.op == GB_OP_FILTER || d.op == GB_OP_FILTER_GRAD)
        d.filter.row = gb_filter_find(d.filter.row->name);      /* in double: the graph has the engine's */
    e->value[i] = out.data = malloc(floats_of(node) * sizeof(double));
    for (int k = 0; k < d.inputs; k++) {
        in[k] = (gb_tensor){d.in[k], e->value[node->input[k]]};
        args.in[k] = &in[k];
    }
    if (d.op == GB_OP_NOISE || d.op == GB_OP_BIAS_ACT)
        add_stage(e, i, &own, &bias);
    if (d.op == GB_OP_ADD) {
        add.data = e->value[node->input[1]];
        own.add = &add;
    }
    args.epilogue = own.noise || own.bias_act || own.add ? &own : NULL;
    if (node->is_adjoint && node->layer_noise != GB_NO_NODE)
        add_stage(e, node->layer_noise, &layer, &layer_bias);
    if (node->is_adjoint && node->layer_act != GB_NO_NODE)
        add_stage(e, node->layer_act, &layer, &layer_bias);
    if (layer.noise || layer.bias_act)
        args.live = &layer;
    else if (!args.live)
        args.live = d.op == GB_OP_TRUNCATE || d.op == GB_OP_TRUNCATE_GRAD ? (const void *)&e->truncate : &e->norm;
    void *packed = NULL, *workspace = NULL;
    if (row->packed_size) {
        for (int k = 0; k < GB_MAX_WEIGHTS && node->weight[k]; k++)
            weights[k] = weight_of(e, node, node->weight[k], k ? 1 : node->weight_gain, k ? GB_AS_STORED : node->transform);
        packed = malloc(row->packed_size(&plain, &d));
        row->pack(&plain, &d, (const gb_real *const *)weights, packed);
    }
    if (row->workspace)
        workspace = aligned_alloc(64, (row->workspace(&plain, &d) + 63) / 64 * 64 + 64);
    args.packed = packed;
    args.workspace = workspace;
    row->run(&plain, &d, &args);
    for (int k = 0; k < GB_MAX_WEIGHTS; k++)
        free(weights[k]);
    free(packed);
    free(workspace);
    free(bias);
    free(layer_bias);
}

static void drop_values(evaluation *e) {
    for (gb_node i = 0; i < e->graph->count; i++) {
        free(e->value[i]);
        e->value[i] = NULL;
    }
}

/* Evaluates the nodes first to end − 1, of which inputs get values from `inputs`. */
static void evaluate(evaluation *e, double *const *inputs, gb_node first, gb_node end) {
    for (gb_node i = first; i < end; i++) {
        const gb_graph_node *node = &e->graph->nodes[i];
        if (!node->is_input) {
            evaluate_node(e, i);
            continue;
        }
        size_t bytes = floats_of(node) * sizeof(double);
        e->value[i] = memcpy(malloc(bytes), inputs[i], bytes);
    }
}

/* ------------------------------------------------------------------------------------------------ one network */

/* All tensors of a network in double, `by` in their directions, which may be NULL. */
static double **weights_moved(const gb_network *from, double *const *directions, double by) {
    const gb_named_array *arrays;
    size_t tensors = gb_network_arrays(from, &arrays);
    double **to = malloc((tensors + 1) * sizeof *to);
    for (size_t t = 0; t < tensors; t++) {
        size_t count = (size_t)gb_array_count(&arrays[t].array);
        float *w = malloc(count * sizeof *w);
        gb_reason why = {0};
        if (!gb_array_to_f32(&arrays[t].array, w, &why))
            quit(arrays[t].name, why.text);
        to[t] = malloc(count * sizeof **to);
        for (size_t i = 0; i < count; i++)
            to[t][i] = w[i] + (directions && directions[t] ? by * directions[t][i] : 0);
        free(w);
    }
    return to;
}

static void free_all(double **arrays, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(arrays[i]);
    free(arrays);
}

typedef struct check {
    network *net;
    gb_bend_list bends;
    gb_want *wants;
    int want_count;
    gb_bent *bent;
    gb_adjoint *adjoint;
    evaluation e;
    double **inputs;            /* per node of the bent graph; of inputs */
    gb_own_weights own;         /* every weight that has a gradient */
    size_t tensors;
    double size;                /* Σ |f · u| of the last loss */
    size_t keep_bytes;
} check;

static int failures, checks;

static void make_bends(check *c) {
    uint64_t last_id = 0;
    gb_error err = {0};
    gb_bend_scope scope = {.graph = c->net->graph, .batch = 1, .last_id = &last_id};
    for (int i = 0; i < c->net->bend_count; i++) {
        gb_bend_entry *entry = NULL;
        if (gb_bend_make(&scope, &c->net->bends[i], i + 1, 0, 0, &entry, &err))
            quit(c->net->name, err.message);
        c->bends.entries = realloc(c->bends.entries, (size_t)(i + 1) * sizeof(gb_bend_entry *));
        c->bends.entries[c->bends.count++] = entry;
        c->bends.room = c->bends.count;
        c->bends.place_count += entry->place_count;
    }
}

/* Whether every operation that reads this weight has a gradient of it; *strength: it is one of noise. */
static bool can_train(const gb_graph *graph, size_t tensor, bool *strength) {
    bool can = false, refused = false;
    *strength = false;
    for (gb_node i = 0; i < graph->count; i++)
        for (int slot = 0; slot < GB_WEIGHT_SLOTS; slot++) {
            const char *name = gb_weight_in_slot(&graph->nodes[i], slot);
            if (!name || gb_weights_tensor(graph->network, name) != tensor)
                continue;
            can |= gb_slot_has_gradient(&graph->nodes[i], slot);
            refused |= !gb_slot_has_gradient(&graph->nodes[i], slot);
            *strength |= slot == GB_SLOT_STRENGTH;
        }
    return can && !refused;
}

static void list_weights(check *c) {
    const gb_graph *graph = c->net->graph;
    const gb_named_array *arrays;
    c->tensors = gb_network_arrays(graph->network, &arrays);
    c->own.at = calloc(c->tensors + 1, sizeof *c->own.at);
    c->own.list = calloc(c->tensors + 1, sizeof *c->own.list);
    for (size_t t = 0; t < c->tensors; t++) {
        bool strength;
        if (c->net->fixed_weights || !can_train(graph, t, &strength))
            continue;
        c->own.list[c->own.count++] = (gb_own_weight){.name = arrays[t].name, .tensor = t, .trained = true,
                                                      .count = (size_t)gb_array_count(&arrays[t].array)};
        c->own.at[t] = c->own.count;
    }
    c->own.trained = c->own.count;
}

/* Builds the bent graph and its adjoint with all inputs and weights wanted. */
static void build(check *c) {
    gb_graph *graph = c->net->graph;
    gb_error err = {0};
    gb_work_count work = {NULL, 0};
    gb_shared_value **values = calloc((size_t)graph->count, sizeof *values);
    c->wants = calloc((size_t)graph->count, sizeof *c->wants);
    c->want_count = 0;
    for (gb_node i = 0; i < graph->count; i++)
        if (graph->nodes[i].is_input)
            c->wants[c->want_count++] = (gb_want){i, false};
    make_bends(c);
    list_weights(c);
    gb_adjoint_request request = {c->wants, c->want_count, &c->own, graph->output, values, false, 1, c->keep_bytes, &work};
    if (gb_bent_new(graph, &c->bends, values, NULL, &work, &c->bent, &err) ||
        gb_adjoint_append(&request, graph, c->bent, &c->adjoint, &err))
        quit(c->net->name, err.message);
    free(values);
    size_t count = (size_t)c->bent->graph.count;
    c->e = (evaluation){.graph = &c->bent->graph, .base = graph, .value = calloc(count, sizeof(double *)),
                        .weights = weights_moved(graph->network, NULL, 0), .truncate = {0.7f, 2}, .norm = {0.3}};
    c->inputs = calloc(count, sizeof *c->inputs);
    for (gb_node i = 0; i < c->bent->graph.count; i++) {
        const gb_graph_node *node = &c->bent->graph.nodes[i];
        if (node->is_input)
            c->inputs[i] = random_doubles(floats_of(node), node->own_value ? node->own_value->data : NULL);
    }
}

static void free_check(check *c) {
    for (gb_node i = 0; i < c->bent->graph.count; i++)
        free(c->inputs[i]);
    free(c->inputs);
    drop_values(&c->e);
    free(c->e.value);
    free_all(c->e.weights, c->tensors);
    free(c->own.list);
    free(c->own.at);
    gb_adjoint_free(c->adjoint);
    gb_bent_free(c->bent);
    gb_bend_list_clear(&c->bends);
    free(c->bends.entries);
    free(c->wants);
}

/* ⟨f(inputs), u⟩ */
static double loss(check *c, double *const *inputs, const double *u) {
    gb_node output = c->bent->graph.output;
    size_t count = floats_of(&c->bent->graph.nodes[output]);
    double sum = 0;
    evaluate(&c->e, inputs, 0, c->adjoint->first);
    c->size = 0;
    for (size_t i = 0; i < count; i++) {
        sum += u[i] * c->e.value[output][i];
        c->size += fabs(u[i] * c->e.value[output][i]);
    }
    drop_values(&c->e);
    return sum;
}

/* Moves the wanted inputs along their directions. */
static double **moved(const check *c, double *const *directions, double by) {
    size_t nodes = (size_t)c->bent->graph.count;
    double **to = calloc(nodes, sizeof *to);
    for (size_t i = 0; i < nodes; i++) {
        if (!c->inputs[i])
            continue;
        size_t count = floats_of(&c->bent->graph.nodes[i]);
        to[i] = malloc(count * sizeof(double));
        for (size_t k = 0; k < count; k++)
            to[i][k] = c->inputs[i][k] + (directions[i] ? by * directions[i][k] : 0);
    }
    return to;
}

static void report(const char *name, double numeric, double adjoint, double scale, double allowed) {
    double difference = fabs(numeric - adjoint) / (scale + 1e-12);
    checks++;
    if (difference <= allowed)
        return;
    failures++;
    printf("FAILED %s: ⟨Jv,u⟩ is %.9g, ⟨v,Jᵀu⟩ %.9g\n", name, numeric, adjoint);
}

/* ⟨f, u⟩ with inputs and weights moved along their directions. */
static double moved_loss(check *c, double *const *directions, double *const *of_weights, double by) {
    size_t nodes = (size_t)c->bent->graph.count;
    double **inputs = moved(c, directions, by), **before = c->e.weights;
    c->e.weights = weights_moved(c->net->graph->network, of_weights, by);
    double result = loss(c, inputs, c->inputs[c->adjoint->cotangent]);
    free_all(c->e.weights, c->tensors);
    free_all(inputs, nodes);
    c->e.weights = before;
    return result;
}

/* Adds ⟨v, gradient⟩ and Σ |v · gradient| of an adjoint's node. */
static void add_product(const check *c, gb_node gradient, const double *v, double *sum, double *scale) {
    if (gradient == GB_NO_NODE || !v)
        return;
    for (size_t i = 0; i < floats_of(&c->bent->graph.nodes[gradient]); i++) {
        *sum += v[i] * c->e.value[gradient][i];
        *scale += fabs(v[i] * c->e.value[gradient][i]);
    }
}

/* With a budget of 1 byte every value is computed again. A strength of noise, which is a float to the kernels, does not
 * move here. */
static void run_check(network *net, size_t keep_bytes) {
    const double h = 1e-6;
    check c = {.net = net, .keep_bytes = keep_bytes};
    build(&c);
    size_t nodes = (size_t)c.bent->graph.count;
    for (int trial = 0; trial < 3; trial++) {       /* inputs, weights, and both */
        double **directions = calloc(nodes, sizeof *directions), **of_weights = calloc(c.tensors + 1, sizeof *of_weights);
        double scale = 0, adjoint = 0;
        for (int k = 0; trial != 1 && k < c.want_count; k++) {
            gb_node i = c.bent->value[c.wants[k].node];
            directions[i] = random_doubles(floats_of(&c.bent->graph.nodes[i]), NULL);
        }
        for (int k = 0; trial != 0 && k < c.own.count; k++) {
            bool strength;
            can_train(net->graph, c.own.list[k].tensor, &strength);
            if (!strength)
                of_weights[c.own.list[k].tensor] = random_doubles(c.own.list[k].count, NULL);
        }
        double numeric = (moved_loss(&c, directions, of_weights, h) - moved_loss(&c, directions, of_weights, -h)) / (2 * h);
        evaluate(&c.e, c.inputs, 0, c.bent->graph.count);
        for (int k = 0; k < c.want_count; k++)
            add_product(&c, c.adjoint->gradient[k], directions[c.bent->value[c.wants[k].node]], &adjoint, &scale);
        for (int k = 0; k < c.own.count; k++)
            add_product(&c, c.adjoint->weight_gradient[k], of_weights[c.own.list[k].tensor], &adjoint, &scale);
        drop_values(&c.e);
        if (scale == 0 && !net->may_be_zero && trial == 0) {
            failures++;
            printf("FAILED %s: the gradient is zero\n", net->name);
        }
        /* A demodulated layer hardly depends on the size of its weights: the difference may be all rounding. */
        double rounding = trial ? 4 * DBL_EPSILON * c.size / h : 0;
        report(net->name, numeric, adjoint, scale + fabs(numeric) + rounding / 2e-7, 2e-7);
        free_all(directions, nodes);
        free_all(of_weights, c.tensors);
    }
    free_check(&c);
}

/* The strengths of noise, which are floats. */
static void check_strengths(network *net) {
    const double h = 1.0 / 16384;
    check c = {.net = net, .keep_bytes = SIZE_MAX};
    build(&c);
    evaluate(&c.e, c.inputs, 0, c.bent->graph.count);
    for (int k = 0; k < c.own.count; k++) {
        bool strength;
        if (!can_train(net->graph, c.own.list[k].tensor, &strength) || !strength)
            continue;
        check two = c;
        double gradient = c.e.value[c.adjoint->weight_gradient[k]][0], *at, before;
        two.e.value = calloc((size_t)c.bent->graph.count, sizeof(double *));
        at = two.e.weights[c.own.list[k].tensor];
        before = *at;
        *at = (float)(before + h);
        double above = loss(&two, c.inputs, c.inputs[c.adjoint->cotangent]), by = *at;
        *at = (float)(before - h);
        double below = loss(&two, c.inputs, c.inputs[c.adjoint->cotangent]);
        by -= *at;
        *at = before;
        report(net->name, (above - below) / by, gradient, fabs(gradient) + 0.1, 1e-4);
        free(two.e.value);
    }
    free_check(&c);
}

/* ------------------------------------------------------------------------------------------------ parameters */

/* The gradient of every parameter of the bent activation of the network's only bend, whose parameters are floats. */
static void check_params(network *net) {
    const float h = 1.0f / 16384;
    check c = {.net = net, .keep_bytes = SIZE_MAX};
    build(&c);
    gb_node at = GB_NO_NODE;
    for (gb_node i = 0; i < net->graph->count; i++)
        if (c.bent->graph.nodes[c.bent->self[i]].act_params)
            at = i;
    c.wants[c.want_count++] = (gb_want){at, true};
    gb_work_count work = {NULL, 0};
    gb_error err = {0};
    gb_shared_value **values = calloc((size_t)net->graph->count, sizeof *values);
    gb_adjoint_request request = {c.wants, c.want_count, &c.own, net->graph->output, values, false, 1, c.keep_bytes, &work};
    gb_bent *bent = NULL;
    gb_adjoint *adjoint = NULL;
    if (gb_bent_new(net->graph, &c.bends, values, NULL, &work, &bent, &err) ||
        gb_adjoint_append(&request, net->graph, bent, &adjoint, &err))
        quit(net->name, err.message);
    evaluation e = c.e;
    e.graph = &bent->graph;
    e.value = calloc((size_t)bent->graph.count, sizeof(double *));
    evaluate(&e, c.inputs, 0, bent->graph.count);
    gb_node g = adjoint->gradient[c.want_count - 1];
    gb_graph_node *node = &c.bent->graph.nodes[c.bent->self[at]];
    int count = gb_act_param_count(node->act, node->act_param_count);
    float params[GB_MAX_ACT_PARAMS];
    const float *given = node->act_params;
    memcpy(params, given, sizeof *params * (size_t)node->act_param_count);
    node->act_params = params;
    for (int k = 0; k < count && k < node->act_param_count; k++) {
        params[k] = given[k] + h;
        double above = loss(&c, c.inputs, c.inputs[c.adjoint->cotangent]);
        params[k] = given[k] - h;
        double below = loss(&c, c.inputs, c.inputs[c.adjoint->cotangent]);
        params[k] = given[k];
        double numeric = (above - below) / (2.0 * h);
        report(net->name, numeric, e.value[g][k], fabs(numeric) + 0.1, 1e-4);
    }
    drop_values(&e);
    free(e.value);
    free(values);
    gb_adjoint_free(adjoint);
    gb_bent_free(bent);
    free_check(&c);
}

/* ------------------------------------------------------------------------------------------------ sessions */

/* A gradient in double: of an input or of a weight. */
typedef struct expected {
    char name[GB_MAX_NAME + 1];
    bool is_weight;
    size_t count;
    double *values;             /* NULL: all zero */
} expected;

static expected expect(const check *c, const char *name, bool is_weight, size_t count, gb_node gradient) {
    expected e = {.is_weight = is_weight, .count = count};
    snprintf(e.name, sizeof e.name, "%s", name);
    if (gradient == GB_NO_NODE)
        return e;
    e.values = malloc((count + 1) * sizeof *e.values);
    memcpy(e.values, c->e.value[gradient], count * sizeof *e.values);
    return e;
}

/* Differences may be 5e-4 of the largest gradient of the same kind, inputs or weights: a bias that the next operation takes
 * away has rounding errors for a gradient. */
static void compare_gradients(const network *net, const char *isa, gb_session *session, const gb_model *model,
                              const expected *list, int count) {
    double largest[2] = {0}, by[2] = {0};
    gb_error err = {0};
    for (int k = 0; k < count; k++) {
        const expected *e = &list[k];
        float *ours = malloc((e->count + 1) * sizeof *ours);
        if (e->is_weight ? gb_session_weight_gradient(session, e->name, ours, &err)
                         : gb_session_gradient(session, gb_model_find(model, e->name), ours, &err))
            quit(net->name, err.message);
        for (size_t i = 0; i < e->count; i++) {
            double value = e->values ? e->values[i] : 0;
            double size = fabs(value), apart = fabs((double)ours[i] - value);
            if (isnan(apart)) apart = INFINITY;
            if (size > largest[e->is_weight]) largest[e->is_weight] = size;     /* GCC 12 for AArch64 crashes over fmax() here */
            if (apart > by[e->is_weight]) by[e->is_weight] = apart;
        }
        free(ours);
    }
    for (int kind = 0; kind < 2; kind++) {
        checks++;
        if (by[kind] <= 5e-4 * largest[kind] + 4e-6 * fmax(largest[0], largest[1]))
            continue;
        failures++;
        printf("FAILED %s, %s, %s: off by %g of %g\n", net->name, isa, kind ? "weights" : "inputs", by[kind], largest[kind]);
    }
}

/* gb_model_build() resolves aliases again; these networks have none. */
static void forget_aliases(gb_graph *graph) {
    free(graph->resolved);
    free(graph->alias_of);
    free(graph->first_alias);
    graph->resolved = NULL;
    graph->alias_of = NULL;
    graph->first_alias = NULL;
}

/* Frees the network. */
static void check_session(network *net, gb_context *context) {
    const gb_session_options how = {.size = sizeof how, .purpose = GB_GRADIENT};
    check c = {.net = net, .keep_bytes = SIZE_MAX};
    gb_model *model = NULL;
    gb_session *session = NULL;
    gb_error err = {0};
    int count = 0;
    build(&c);
    size_t nodes = (size_t)c.bent->graph.count;
    float **fed = calloc(nodes, sizeof *fed);
    for (size_t i = 0; i < nodes; i++) {
        size_t floats = c.inputs[i] ? floats_of(&c.bent->graph.nodes[i]) : 0;
        fed[i] = malloc((floats + 1) * sizeof *fed[i]);
        for (size_t k = 0; k < floats; k++)
            c.inputs[i][k] = fed[i][k] = (float)c.inputs[i][k];
    }
    c.e.norm.truncation = 1;                    /* the session's: these networks have no z, for which it could be set */
    evaluate(&c.e, c.inputs, 0, c.bent->graph.count);
    expected *list = calloc((size_t)(c.want_count + c.own.count) + 1, sizeof *list);
    for (int k = 0; k < c.want_count; k++) {
        const gb_graph_node *node = &c.bent->graph.nodes[c.bent->value[c.wants[k].node]];
        list[count++] = expect(&c, net->graph->nodes[c.wants[k].node].name, false, floats_of(node), c.adjoint->gradient[k]);
    }
    for (int k = 0; k < c.own.count; k++)
        list[count++] = expect(&c, c.own.list[k].name, true, c.own.list[k].count, c.adjoint->weight_gradient[k]);

    forget_aliases(net->graph);
    if (gb_model_build(context, net->graph, &model, &err) || gb_session_new(model, &how, &session, &err))
        quit(net->name, err.message);
    gb_session_truncate(session, c.e.truncate.psi, c.e.truncate.cutoff, NULL);      /* most networks have none */
    for (int k = 0; k < net->bend_count; k++)
        if (gb_session_bend(session, &net->bends[k], NULL, &err))
            quit(net->name, err.message);
    for (int k = 0; k < count; k++)
        if (list[k].is_weight ? gb_session_train(session, list[k].name, &err) : gb_session_want(session, list[k].name, &err))
            quit(net->name, err.message);
    for (int k = 0; k < c.want_count; k++)
        if (gb_session_feed(session, list[k].name, fed[c.bent->value[c.wants[k].node]], &err))
            quit(net->name, err.message);
    if (gb_session_render(session, NULL, &err) ||
        gb_session_backward(session, gb_model_output(model), fed[c.adjoint->cotangent], &err))
        quit(net->name, err.message);
    compare_gradients(net, gb_context_isa(context), session, model, list, count);
    for (int k = 0; k < count; k++)
        free(list[k].values);
    free(list);
    for (size_t i = 0; i < nodes; i++)
        free(fed[i]);
    free(fed);
    free_check(&c);
    gb_session_free(session);
    net->graph = NULL;
    gb_model_close(model);
    free_network(net);
}

int main(int argc, char **argv) {
    uint64_t seed = argc == 3 && !strcmp(argv[1], "--seed") ? strtoull(argv[2], NULL, 10) : 1;
    network net;
    seed_networks(seed);
    for (int i = 0; next_network(i, &net); i++) {
        run_check(&net, SIZE_MAX);
        run_check(&net, 1);
        check_strengths(&net);
        if (net.bend_count == 1 && net.bends[0].kind == GB_BEND_ACTIVATION && net.bends[0].param_count)
            check_params(&net);
        free_network(&net);
    }
    static const char *const sets[] = {"plain", "openblas", "avx2", "avx512", "neon", "wasm"};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        gb_context *context = NULL;
        const gb_context_options how = {.size = sizeof how, .isa = sets[k], .threads = 1};
        if (gb_context_new(&how, &context, NULL) && k)      /* not of this processor, or not in this build */
            continue;
        seed_networks(seed);
        for (int i = 0; next_network(i, &net); i++)
            check_session(&net, context);
        gb_context_free(context);
        printf("%s: %d checks so far\n", sets[k], checks);
    }
    printf("%d checks, %d failures\n", checks, failures);
    return failures > 0;
}
