/* Gradients of a session: what is wanted, the backward pass, and reading the results. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/ganbend_gradient.h"
#include "prepare.h"
#include "render.h"

static const char params_suffix[] = ":params";

static gb_status check_purpose(const gb_session *session, gb_error *err) {
    return session->options.purpose == GB_GRADIENT
               ? GB_OK
               : gb_fail(err, GB_BAD_ARGUMENT, "this session computes no gradients: its purpose is not GB_GRADIENT");
}

/* ------------------------------------------------------------------------------------------------ wants */

static int find_want(const gb_session *session, gb_node node, bool params) {
    for (int i = 0; i < session->want_count; i++)
        if (session->wants[i].node == node && session->wants[i].params == params)
            return i;
    return -1;
}

static gb_status add_want(gb_session *session, gb_node node, bool params, gb_error *err) {
    if (find_want(session, node, params) >= 0)
        return GB_OK;
    if (session->want_count == session->want_room) {
        int room = session->want_room ? 2 * session->want_room : 16;
        gb_want *grown = realloc(session->wants, (size_t)room * sizeof *grown);
        if (!grown)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        session->wants = grown;
        session->want_room = room;
    }
    session->wants[session->want_count++] = (gb_want){node, params};
    return GB_OK;
}

/* The name without ":params", in `node`; whether it had that. False if the name is too long. */
static bool split_name(const char *name, char node[GB_MAX_NAME + 1], bool *params) {
    size_t length = strlen(name), suffix = strlen(params_suffix);
    *params = length > suffix && !strcmp(name + length - suffix, params_suffix);
    length -= *params ? suffix : 0;
    if (length > GB_MAX_NAME)
        return false;
    memcpy(node, name, length);
    node[length] = '\0';
    return true;
}

static gb_status unknown_name(const gb_session *session, const char *name, gb_error *err) {
    const char *nearest = gb_graph_nearest(session->graph, name);
    return nearest ? gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'; the nearest is '%s'", name, nearest)
                   : gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'", name);
}

gb_status gb_session_want(gb_session *session, const char *name, gb_error *err) {
    char text[GB_MAX_NAME + 1];
    bool params, found = false;
    gb_status status = check_purpose(session, err);
    if (status)
        return status;
    if (!split_name(name, text, &params))
        return gb_fail(err, GB_BAD_ARGUMENT, "a name has at most %d bytes", GB_MAX_NAME);
    for (gb_node i = 0; i < session->graph->count && !status; i++)
        if (gb_graph_matches(session->graph, i, text)) {
            status = add_want(session, i, params, err);
            found = true;
        }
    return found || status ? status : unknown_name(session, text, err);
}

void gb_session_unwant(gb_session *session) {
    session->want_count = 0;
}

/* ------------------------------------------------------------------------------------------------ the backward pass */

/* True if everything that the last render depended on is as it was. */
static bool is_as_rendered(const gb_session *session) {
    gb_node forward = session->adjoint ? session->adjoint->first : session->bent->graph.count;
    return !memcmp(session->signature, session->last_signature, (size_t)forward * sizeof *session->signature);
}

static gb_status set_cotangent(gb_session *session, gb_node node, const float *cotangent, gb_error *err) {
    int batch = session->options.batch;
    size_t floats = gb_node_floats(&session->graph->nodes[node]) * (size_t)batch;
    gb_shared_value *value = gb_shared_value_new(session->cpu.allocator, ++session->last_id, batch, floats);
    if (!value)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    memcpy(value->data, cotangent, floats * sizeof *cotangent);
    gb_shared_value_release(session->cotangent);
    session->cotangent = value;
    return GB_OK;
}

static gb_status run_backward(gb_session *session, gb_error *err) {
    bool rendered = session->rendered;
    uint64_t serial = session->plan ? session->plan->serial : 0;
    session->has_gradients = false;
    gb_status status = gb_session_prepare(session, GB_CUT_GRADIENT, err);
    if (status)
        return status;
    if (!is_as_rendered(session))
        return gb_fail(err, GB_BAD_ARGUMENT, "the session has changed since its last render: render again first");
    status = gb_session_run_steps(session, GB_CUT_GRADIENT, err);
    /* The gradients have taken the place of values of the forward pass. */
    gb_session_forget_steps(session);
    session->rendered = rendered && !status && session->plan->serial == serial;
    session->has_gradients = !status;
    return status;
}

gb_status gb_session_backward(gb_session *session, gb_node node, const float *cotangent, gb_error *err) {
    gb_status status = check_purpose(session, err);
    if (status)
        return status;
    if (node < 0 || node >= session->graph->count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no node %d in this network", node);
    if (!session->want_count && !session->weights.trained)
        return gb_fail(err, GB_BAD_ARGUMENT, "no gradient is wanted: name some with gb_session_want() or "
                       "gb_session_train() before the render");
    if (!session->rendered)
        return gb_fail(err, GB_BAD_ARGUMENT, "nothing has been rendered: gradients are those of the last render");
    session->seed = node;
    status = set_cotangent(session, node, cotangent, err);
    if (!status)
        status = run_backward(session, err);
    return gb_session_end_call(session, status);
}

static gb_status read_want(gb_session *session, int want, size_t floats, float *out, gb_error *err) {
    if (!session->has_gradients || !session->adjoint || want >= session->adjoint->want_count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there are no gradients: call gb_session_backward() after the render");
    gb_node gradient = session->adjoint->gradient[want];
    if (gradient != GB_NO_NODE)
        return gb_session_read_value(session, gradient, out, err);
    memset(out, 0, floats * (size_t)session->options.batch * sizeof *out);
    return GB_OK;
}

gb_status gb_session_gradient(gb_session *session, gb_node node, float *out, gb_error *err) {
    if (node < 0 || node >= session->graph->count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no node %d in this network", node);
    const gb_graph_node *n = &session->graph->nodes[node];
    int want = find_want(session, node, false);
    if (want < 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "the gradient of '%s' was not wanted", n->name);
    return read_want(session, want, gb_node_floats(n), out, err);
}

const char *gb_session_activation(const gb_session *session, gb_node node) {
    if (node < 0 || node >= session->graph->count)
        return NULL;
    const gb_graph_node *n = &session->bent->graph.nodes[session->bent->self[node]];
    return !n->is_input && n->desc.op == GB_OP_BIAS_ACT ? gb_acts[n->act].name : NULL;
}

int gb_session_param_count(const gb_session *session, gb_node node) {
    if (node < 0 || node >= session->graph->count)
        return 0;
    const gb_graph_node *n = &session->bent->graph.nodes[session->bent->self[node]];
    return !n->is_input && n->desc.op == GB_OP_BIAS_ACT ? gb_act_param_count(n->act, n->act_param_count) : 0;
}

gb_status gb_session_param_gradient(gb_session *session, gb_node node, float *out, gb_error *err) {
    if (node < 0 || node >= session->graph->count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no node %d in this network", node);
    int want = find_want(session, node, true);
    if (want < 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "the gradient of the parameters of '%s' was not wanted",
                       session->graph->nodes[node].name);
    return read_want(session, want, (size_t)gb_session_param_count(session, node), out, err);
}
