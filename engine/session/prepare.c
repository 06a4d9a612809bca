/* Prepares a render: signs every value with a hash of everything on which it depends, makes a new plan if other
 * boundaries are observed or fed than before, and points the plan to the values that were set. */
#include "prepare.h"

#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "engine/base/error.h"
#include "engine/base/mix.h"

/* ------------------------------------------------------------------------------------------------ signatures */

gb_shared_value *gb_session_value_at(const gb_session *session, gb_node node) {
    const gb_graph_node *n = &session->bent->graph.nodes[node];
    gb_node base = n->base;
    if (session->adjoint && node == session->adjoint->cotangent)
        return session->cotangent;
    if (n->own_value)
        return n->own_value;
    return session->bent->self[base] == node ? session->now.value[base] : NULL;
}

static bool is_source(const gb_session *session, gb_node node) {
    return session->bent->graph.nodes[node].is_input || gb_session_value_at(session, node);
}

/* The versions of the session's own weights that the node reads. Statistics that the batch's own replace are not read. */
static uint64_t mix_weights(const gb_session *session, const gb_graph_node *node, uint64_t h) {
    bool own = node->desc.op == GB_OP_BATCH_NORM && node->desc.batch_norm.own;
    for (int slot = own ? 2 : 0; session->weights.count && slot < GB_WEIGHT_SLOTS; slot++) {
        const gb_own_weight *weight =
            gb_own_weights_find(&session->weights, session->graph->network, gb_weight_in_slot(node, slot));
        if (weight)
            h = gb_mix(h, weight->version);
    }
    return h;
}

/* Computes the signature of every node: a hash of everything on which its value depends. */
static void compute_signatures(gb_session *session) {
    const gb_settings *now = &session->now;
    const gb_graph *graph = &session->bent->graph;
    for (gb_node i = 0; i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        uint64_t h = gb_mix(gb_mix(1, node->id), node->version);
        if (is_source(session, i)) {
            const gb_shared_value *value = gb_session_value_at(session, i);
            h = gb_mix(h, value ? value->id : 0);
        } else {
            for (int k = 0; k < node->inputs; k++)
                h = gb_mix(h, session->signature[node->input[k]]);
            h = mix_weights(session, node, h);
            if (node->desc.op == GB_OP_NOISE)
                h = gb_mix(h, now->noise_off);
            if (node->desc.op == GB_OP_BATCH_NORM && node->desc.batch_norm.rows > 1)
                h = gb_mix_float(h, now->psi);
            if (node->desc.op == GB_OP_TRUNCATE)
                h = gb_mix(h, now->w_avg ? now->w_avg->id : 0);
            if (node->desc.op == GB_OP_TRUNCATE && !node->live)     /* of bends, `version` includes psi */
                h = gb_mix(gb_mix_float(h, now->psi), (uint64_t)now->cutoff);
        }
        session->signature[i] = h ? h : 1;
    }
}

/* ------------------------------------------------------------------------------------------------ planning */

/* If a node changed although its input did not, the user is probably editing its parameters: its input is kept, so that
 * the next change reuses it. As soon as the input itself changes, it is no longer kept and can be fused again. */
static void find_edited(gb_session *session) {
    const uint64_t *now = session->signature, *last = session->last_signature;
    const gb_graph *graph = &session->bent->graph;
    for (gb_node i = 0; session->options.purpose == GB_INTERACTIVE && i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        if (is_source(session, i) || !node->inputs || !last[i])
            continue;
        gb_node before = gb_main_input(node);
        if (now[before] != last[before])
            session->before_edit[before] = false;
        else if (now[i] != last[i])
            session->before_edit[before] = true;
    }
}

/* True for an input with a value for one sample, if its readers need one per sample of the batch. */
static bool is_repeated(const gb_session *session, gb_node node) {
    const gb_graph_node *n = &session->bent->graph.nodes[node];
    const gb_shared_value *value = gb_session_value_at(session, node);
    bool one_sample = value ? value->samples == 1 : n->value != NULL;
    return n->is_input && !n->is_map && one_sample && session->options.batch > 1;
}

static gb_status update_plan(gb_session *session, unsigned targets, gb_error *err) {
    const gb_graph *graph = &session->bent->graph;
    for (gb_node i = 0; i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        bool tapped = session->now.tapped[node->base] && session->bent->value[node->base] == i;
        session->wanted[i] = (unsigned char)((tapped ? GB_CUT_TAP : 0) |
                                             (gb_session_value_at(session, i) && !node->is_input ? GB_CUT_FEED : 0) |
                                             (node->desc.op == GB_OP_BATCH_MOMENTS ? GB_CUT_TAP : 0) |
                                             (session->before_edit[i] ? GB_CUT_BEFORE_EDIT : 0) |
                                             (is_repeated(session, i) ? GB_CUT_REPEATED : 0));
    }
    for (int k = 0; session->adjoint && k < session->adjoint->want_count; k++)
        if (session->adjoint->gradient[k] != GB_NO_NODE)
            session->wanted[session->adjoint->gradient[k]] |= GB_CUT_GRADIENT;
    for (int k = 0; session->adjoint && k < session->adjoint->weight_count; k++)
        if (session->adjoint->weight_gradient[k] != GB_NO_NODE)
            session->wanted[session->adjoint->weight_gradient[k]] |= GB_CUT_GRADIENT;
    /* Previews and taps are computed on the way to the picture: one plan serves all of them, and reading a layer does
     * not free boundaries that are kept behind it. */
    if (session->options.purpose != GB_ONCE || (targets & (GB_CUT_IMAGE | GB_CUT_PREVIEW)))
        session->wanted[graph->output] |= GB_CUT_IMAGE;
    if (session->preview != GB_NO_NODE)
        session->wanted[session->bent->value[session->preview]] |= GB_CUT_PREVIEW;
    return gb_session_choose_plan(session, err);
}

/* Packs weights again that have changed. Steps of a device that still read them are waited for. */
static gb_status refresh_weights(gb_session *session, gb_error *err) {
    if (!gb_own_weights_are_stale(&session->weights, session->graph->network))
        return GB_OK;
    gb_status status = gb_device_wait(session, err);
    return status ? status : gb_own_weights_refresh(&session->weights, &session->model->weights, err);
}

/* ------------------------------------------------------------------------------------------------ sources */

/* Copies NCHW values of one sample or of all samples to a tensor of the whole batch. */
static void fill_kept(const gb_cpu *cpu, const gb_tensor *tensor, const float *nchw, int samples) {
    size_t floats = (size_t)tensor->shape.c * (size_t)tensor->shape.h * (size_t)tensor->shape.w;
    gb_tensor one = *tensor;
    one.shape.n = 1;
    for (int i = 0; i < tensor->shape.n; i++) {
        gb_tensor_from_nchw(cpu, &one, samples > 1 ? nchw + (size_t)i * floats : nchw);
        one.data = (float *)(void *)((char *)one.data + gb_tensor_bytes(cpu, &one.shape));
    }
}

/* Points the plan's tensors to the values of the sources and retains them, because they are read after the render too,
 * when the settings may have replaced them. Sources with their own buffer are copied to it. A default value is looked
 * up by the first render that needs it. */
static gb_status place_sources(gb_session *session, gb_error *err) {
    gb_plan *plan = session->plan;
    const gb_cpu *cpu = &session->cpu;
    for (int g = 0; g < plan->source_count; g++) {
        gb_node i = plan->sources[g].node;
        const gb_graph_node *node = &session->bent->graph.nodes[i];
        gb_shared_value *value = gb_session_value_at(session, i);
        const float **default_value = &plan->sources[g].default_value;
        if (!value && session->adjoint && i == session->adjoint->cotangent)
            continue;               /* set before the backward pass */
        if (!value && !node->value)
            return gb_fail(err, GB_BAD_ARGUMENT, "input '%s' has not been set", node->name);
        gb_status status = value || *default_value
                               ? GB_OK
                               : gb_model_floats(session->model, node->value, 1, default_value, err);
        if (status)
            return status;
        const float *data = value ? value->data : *default_value;
        int samples = value ? value->samples : 1;
        if (!plan->keep[i]) {
            plan->tensor[i].shape.n = samples;
            plan->tensor[i].data = (float *)data;   /* not written: no step writes a source */
            gb_shared_value_retain(value);
            gb_shared_value_release(plan->held[g]);
            plan->held[g] = value;
        } else if (session->kept[i].signature != session->signature[i]) {
            fill_kept(cpu, &plan->tensor[i], data, samples);
            session->kept[i].signature = session->signature[i];
        }
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ preparing */

gb_status gb_session_prepare(gb_session *session, unsigned targets, gb_error *err) {
    session->work.done = 0;
    gb_status status = gb_session_update_bent(session, err);
    if (status)
        return status;
    compute_signatures(session);
    find_edited(session);
    status = update_plan(session, targets, err);
    if (!status)
        status = refresh_weights(session, err);
    if (!status)
        status = place_sources(session, err);
    return status;
}
