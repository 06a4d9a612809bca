/* Networks in float64: the bent graph of a session, node by node with the plain rows in double. This file is compiled with
 * GB_DOUBLE (ops/real.h), so that every operation that it names is the one in double. Nothing is fused. */
#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/ganbend_analysis.h"
#include "engine/session/prepare.h"
#include "ops/bends/filters.h"
#include "ops/float_state.h"

typedef struct evaluation {
    gb_session *session;
    const gb_graph *graph;      /* the bent graph; "per node" below means its nodes */
    gb_cpu cpu;
    double **value;             /* per node: [batch, shape…], block 1; NULL before it is computed and after its last use */
    bool *needed;               /* per node */
    gb_node *last_reader;       /* per node: the last needed node that reads it, or the node itself */
    uint64_t macs, done;
} evaluation;

/* What one node reads beside its inputs, to be freed after it has run. */
typedef struct operands {
    double *weight[GB_MAX_WEIGHTS], *bias, *noise;
    void *packed, *workspace;
} operands;

static void free_operands(operands *o) {
    for (int k = 0; k < GB_MAX_WEIGHTS; k++)
        gb_aligned_free(o->weight[k]);
    gb_aligned_free(o->bias);
    gb_aligned_free(o->noise);
    gb_aligned_free(o->packed);
    gb_aligned_free(o->workspace);
}

static gb_status allocate(size_t bytes, void *to, gb_error *err) {
    void *memory = gb_aligned_alloc(bytes + 1);
    *(void **)to = memory;
    return memory ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

static size_t batch_of(const evaluation *e) {
    return (size_t)e->session->options.batch;
}

/* `samples` · `count` values in double, times a gain; one sample serves the whole batch. */
static gb_status widen(const float *from, int samples, size_t count, size_t batch, double gain, double **to, gb_error *err) {
    gb_status status = allocate(batch * count * sizeof **to, to, err);
    for (size_t n = 0; n < batch && !status; n++)
        for (size_t i = 0; i < count; i++)
            (*to)[n * count + i] = gain * from[(samples > 1 ? n : 0) * count + i];
    return status;
}

static gb_status widen_weight(const evaluation *e, const char *name, double gain, double **to, gb_error *err) {
    const float *stored = NULL;
    gb_status status = gb_weights_floats(&e->session->model->weights, &e->session->weights, name, 1, &stored, err);
    size_t count = status ? 0 : (size_t)gb_array_count(gb_network_array(e->graph->network, name));
    return status ? status : widen(stored, 1, count, 1, gain, to, err);
}

/* ------------------------------------------------------------------------------------------------ one node */

static gb_status fill_noise(const evaluation *e, const gb_graph_node *node, gb_epilogue *epilogue, operands *o,
                            gb_error *err) {
    const gb_graph_node *base = &e->session->graph->nodes[node->base];
    size_t pixels = (size_t)node->desc.out.h * (size_t)node->desc.out.w;
    const float *strength = NULL;
    gb_status status =
        gb_weights_floats(&e->session->model->weights, &e->session->weights, base->strength, 1, &strength, err);
    if (!status && node->noise_map)
        status = widen(node->noise_map->data, node->noise_map->samples, pixels, batch_of(e), 1, &o->noise, err);
    if (status)
        return status;
    epilogue->noise = o->noise ? o->noise : e->value[node->input[1]];
    epilogue->noise_step = batch_of(e) > 1 ? pixels : 0;
    epilogue->noise_strength = *strength * node->noise_factor;
    return GB_OK;
}

static gb_status fill_bias_act(const evaluation *e, const gb_graph_node *node, gb_epilogue *epilogue, operands *o,
                               gb_error *err) {
    const gb_graph_node *base = &e->session->graph->nodes[node->base];
    const float *scale = NULL;
    gb_status status = GB_OK;
    if (node->bias)
        status = widen_weight(e, base->bias, (double)base->bias_gain, &o->bias, err);
    if (!status && base->scale)
        status = gb_weights_floats(&e->session->model->weights, &e->session->weights, base->scale, 1, &scale, err);
    epilogue->bias_act = true;
    epilogue->bias = o->bias;
    epilogue->act = node->act;
    epilogue->act_params = node->act_params;
    epilogue->act_param_count = node->act_param_count;
    epilogue->act_channels = node->act_channels;
    epilogue->base_act = node->base_act;
    epilogue->gain = scale ? node->gain * *scale : node->gain;
    epilogue->clamp = node->clamp;
    return status;
}

static gb_status pack(const evaluation *e, const gb_graph_node *node, const gb_op_row *row, const gb_desc *d, operands *o,
                      gb_error *err) {
    const gb_shared_value *w_avg = e->session->now.w_avg;
    gb_status status = GB_OK;
    if (!row->packed_size)
        return GB_OK;
    for (int k = 0; k < GB_MAX_WEIGHTS && node->weight[k] && !status; k++)
        status = widen_weight(e, node->weight[k], k ? 1 : (double)node->weight_gain, &o->weight[k], err);
    if (!status && d->op == GB_OP_TRUNCATE && w_avg) {
        gb_aligned_free(o->weight[0]);
        status = widen(w_avg->data, 1, w_avg->floats, 1, 1, &o->weight[0], err);
    }
    if (!status)
        status = allocate(row->packed_size(&e->cpu, d), &o->packed, err);
    if (!status)
        row->pack(&e->cpu, d, (const double *const *)o->weight, o->packed);
    return status;
}

/* The same use of an operation with the whole batch, and with filters in double. */
static gb_status describe(const evaluation *e, const gb_graph_node *node, gb_desc *d, gb_error *err) {
    char why[256];
    *d = node->desc;
    d->out.n = (int)batch_of(e);
    for (int k = 0; k < d->inputs; k++) {
        d->in[k] = gb_node_shape(&e->graph->nodes[node->input[k]]);
        d->in[k].n = (int)batch_of(e);
    }
    if (d->op == GB_OP_FILTER)
        d->filter.row = gb_filter_find(node->desc.filter.row->name);
    if (d->op == GB_OP_CALLBACK)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: a callback works on float32; remove it to compute in float64", node->name);
    return gb_op_shape(&e->cpu, d, why, sizeof why) ? GB_OK : gb_fail(err, GB_BAD_ARGUMENT, "%s: %s", node->name, why);
}

static gb_status run_node(evaluation *e, gb_node i, const gb_desc *d, operands *o, gb_error *err) {
    const gb_graph_node *node = &e->graph->nodes[i];
    const gb_op_row *row = &gb_ops[d->op]->plain;
    gb_truncate_live truncate = {e->session->now.psi, e->session->now.cutoff};
    gb_batch_norm_live norm = {e->session->now.psi_as_written};
    gb_epilogue epilogue = {.gain = 1, .clamp = -1};
    gb_tensor in[GB_MAX_INPUTS], out = {d->out, e->value[i]}, summand = {d->out, NULL};
    gb_args args = {.out = &out};
    gb_status status = pack(e, node, row, d, o, err);
    for (int k = 0; k < d->inputs; k++) {
        in[k] = (gb_tensor){d->in[k], e->value[node->input[k]]};
        args.in[k] = &in[k];
    }
    if (!status && row->workspace)
        status = allocate(row->workspace(&e->cpu, d), &o->workspace, err);
    if (!status && d->op == GB_OP_NOISE && !e->session->now.noise_off)
        status = fill_noise(e, node, &epilogue, o, err);
    if (!status && d->op == GB_OP_BIAS_ACT)
        status = fill_bias_act(e, node, &epilogue, o, err);
    if (status)
        return status;
    if (d->op == GB_OP_ADD) {
        summand.data = e->value[node->input[1]];
        epilogue.add = &summand;
    }
    args.epilogue = epilogue.noise || epilogue.bias_act || epilogue.add ? &epilogue : NULL;
    args.live = node->live ? node->live : d->op == GB_OP_BATCH_NORM ? (const void *)&norm : &truncate;
    args.packed = o->packed;
    args.workspace = o->workspace;
    uint64_t before = gb_float_state_enter();
    row->run(&e->cpu, d, &args);
    gb_float_state_leave(before);
    return GB_OK;
}

/* Computes a node from the values of its inputs, or takes the value that was set or fed there. */
static gb_status evaluate_node(evaluation *e, gb_node i, gb_error *err) {
    const gb_graph_node *node = &e->graph->nodes[i];
    const gb_shared_value *given = gb_session_value_at(e->session, i);
    const float *stored = NULL;
    operands o = {0};
    gb_desc d;
    gb_status status;
    if (given)
        return widen(given->data, given->samples, gb_node_floats(node), batch_of(e), 1, &e->value[i], err);
    if (node->is_input) {
        if (!node->value)
            return gb_fail(err, GB_BAD_ARGUMENT, "input '%s' has not been set", node->name);
        status = gb_weights_floats(&e->session->model->weights, &e->session->weights, node->value, 1, &stored, err);
        return status ? status : widen(stored, 1, gb_node_floats(node), batch_of(e), 1, &e->value[i], err);
    }
    status = describe(e, node, &d, err);
    if (!status)
        status = allocate(batch_of(e) * gb_node_floats(node) * sizeof(double), &e->value[i], err);
    if (!status)
        status = run_node(e, i, &d, &o, err);
    free_operands(&o);
    return status;
}

/* ------------------------------------------------------------------------------------------------ all nodes */

static bool is_tapped(const evaluation *e, gb_node i) {
    gb_node base = e->graph->nodes[i].base;
    return e->session->now.tapped[base] && e->session->bent->value[base] == i;
}

/* Marks the nodes that the tapped ones need, and the last reader of each. False if nothing is tapped. */
static bool find_needed(evaluation *e) {
    bool any = false;
    for (gb_node i = e->graph->count - 1; i >= 0; i--) {
        const gb_graph_node *node = &e->graph->nodes[i];
        bool tapped = is_tapped(e, i);
        any |= tapped;
        if (!e->needed[i] && !tapped)
            continue;
        if (!e->needed[i])
            e->last_reader[i] = i;
        e->needed[i] = true;
        if (node->is_input || gb_session_value_at(e->session, i))
            continue;
        e->macs += gb_op_macs(&node->desc);
        for (int k = 0; k < node->inputs; k++) {
            if (!e->needed[node->input[k]])
                e->last_reader[node->input[k]] = i;
            e->needed[node->input[k]] = true;
        }
    }
    return any;
}

static void drop(evaluation *e, gb_node i) {
    gb_aligned_free(e->value[i]);
    e->value[i] = NULL;
}

/* Frees the values that no node after `i` reads. */
static void drop_used(evaluation *e, gb_node i) {
    const gb_graph_node *node = &e->graph->nodes[i];
    if (e->last_reader[i] == i)
        drop(e, i);
    for (int k = 0; !node->is_input && k < node->inputs; k++)
        if (e->last_reader[node->input[k]] == i)
            drop(e, node->input[k]);
}

static gb_status evaluate(evaluation *e, gb_float64_reader *read, void *arg, gb_error *err) {
    gb_session *session = e->session;
    gb_status status = GB_OK;
    if (!find_needed(e))
        return gb_fail(err, GB_BAD_ARGUMENT, "no node is tapped: tap those to compute in float64");
    for (gb_node i = 0; i < e->graph->count && !status; i++) {
        if (!e->needed[i])
            continue;
        if (gb_work_cancelled(&session->work))
            return gb_fail_cancelled(err);
        status = evaluate_node(e, i, err);
        if (status)
            break;
        if (is_tapped(e, i))
            read(arg, e->graph->nodes[i].base, e->value[i]);
        drop_used(e, i);
        e->done += e->graph->nodes[i].is_input ? 0 : gb_op_macs(&e->graph->nodes[i].desc);
        if (session->progress)
            session->progress(session->progress_arg, e->done < e->macs ? (double)e->done / (double)e->macs : 1);
    }
    return status;
}

gb_status gb_session_float64(gb_session *session, gb_float64_reader *read, void *arg, gb_error *err) {
    evaluation e = {.session = session, .cpu = session->model->context->cpu};
    session->work.done = 0;
    gb_status status = gb_session_update_bent(session, err);
    if (status)
        return gb_session_end_call(session, status);
    session->rendered = false;
    e.cpu.isa = "plain";
    e.cpu.rank = 0;
    e.cpu.vector = 1;
    e.graph = &session->bent->graph;
    size_t nodes = (size_t)e.graph->count;
    e.value = calloc(nodes, sizeof *e.value);
    e.needed = calloc(nodes, sizeof *e.needed);
    e.last_reader = calloc(nodes, sizeof *e.last_reader);
    status = e.value && e.needed && e.last_reader ? evaluate(&e, read, arg, err) : gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; e.value && i < e.graph->count; i++)
        gb_aligned_free(e.value[i]);
    free(e.value);
    free(e.needed);
    free(e.last_reader);
    return gb_session_end_call(session, status);
}
