/* A session's own weights: declaring some trainable, reading and setting them, and their gradients. */
#include <string.h>

#include "device.h"
#include "engine/base/error.h"
#include "engine/ganbend_gradient.h"
#include "session.h"

static gb_status no_weight(const char *name, gb_error *err) {
    return gb_fail(err, GB_BAD_ARGUMENT, "there is no weight '%s' in this network", name);
}

/* ------------------------------------------------------------------------------------------------ which can be trained */

/* Why a weight cannot be trained: an operation that has no gradient of it. */
typedef struct obstacle {
    const gb_graph_node *node;      /* or NULL */
    bool used;                      /* some node reads the weight */
} obstacle;

static obstacle find_obstacle(const gb_session *session, size_t tensor) {
    const gb_graph *graph = session->graph;
    obstacle o = {NULL, false};
    for (gb_node i = 0; i < graph->count && !o.node; i++)
        for (int slot = 0; slot < GB_WEIGHT_SLOTS; slot++) {
            const char *name = gb_weight_in_slot(&graph->nodes[i], slot);
            if (!name || gb_weights_tensor(graph->network, name) != tensor)
                continue;
            o.used = true;
            if (!gb_slot_has_gradient(&graph->nodes[i], slot))
                o.node = &graph->nodes[i];
        }
    return o;
}

static gb_status train(gb_session *session, const char *name, gb_error *err) {
    gb_own_weight *weight;
    int count = session->weights.count;
    gb_status status = gb_own_weights_add(&session->weights, &session->model->weights, name, &weight, err);
    if (status)
        return status;
    session->weights.trained += !weight->trained;
    session->weights_grown |= session->weights.count != count;
    weight->trained = true;
    return GB_OK;
}

static bool is_pattern(const char *name) {
    return strpbrk(name, "*?[") != NULL;
}

gb_status gb_session_train(gb_session *session, const char *name, gb_error *err) {
    const gb_named_array *arrays;
    size_t count = gb_network_arrays(session->graph->network, &arrays);
    bool pattern = is_pattern(name), found = false, trained = false;
    gb_status status = GB_OK;
    if (session->options.purpose != GB_GRADIENT)
        return gb_fail(err, GB_BAD_ARGUMENT, "this session trains no weights: its purpose is not GB_GRADIENT");
    for (size_t i = 0; i < count && !status; i++) {
        if (pattern ? !gb_glob_matches(name, arrays[i].name) : strcmp(name, arrays[i].name) != 0)
            continue;
        obstacle o = find_obstacle(session, i);
        found = true;
        if (o.used && !o.node) {
            status = train(session, arrays[i].name, err);
            trained = true;
        } else if (!pattern) {
            status = o.node ? gb_fail(err, GB_BAD_ARGUMENT, "%s: %s has no gradient of its weight '%s'", o.node->name,
                                      gb_ops[o.node->desc.op]->name, name)
                            : gb_fail(err, GB_BAD_ARGUMENT, "no operation reads the weight '%s'", name);
        }
    }
    if (!found)
        return no_weight(name, err);
    return status || trained ? status : gb_fail(err, GB_BAD_ARGUMENT, "no weight of '%s' has a gradient", name);
}

size_t gb_session_trained(const gb_session *session, size_t index, const char **name) {
    const gb_own_weights *own = &session->weights;
    *name = NULL;
    for (int i = 0; i < own->count; i++)
        if (own->list[i].trained && !index--) {
            *name = own->list[i].name;
            return own->list[i].count;
        }
    return 0;
}

/* ------------------------------------------------------------------------------------------------ values */

gb_status gb_session_weight(const gb_session *session, const char *name, float *out, gb_error *err) {
    const gb_own_weight *weight = gb_own_weights_find(&session->weights, session->graph->network, name);
    if (!weight)
        return gb_model_read_tensor(session->model, name, out, err);
    memcpy(out, weight->values, weight->count * sizeof *out);
    return GB_OK;
}

gb_status gb_session_set_weight(gb_session *session, const char *name, const float *values, gb_error *err) {
    gb_own_weights *own = &session->weights;
    gb_own_weight *weight = gb_own_weights_find(own, session->graph->network, name);
    if (!weight) {
        size_t tensor = gb_weights_tensor(session->graph->network, name);
        if (!gb_network_array(session->graph->network, name))
            return no_weight(name, err);
        if (!find_obstacle(session, tensor).used)
            return gb_fail(err, GB_BAD_ARGUMENT, "no operation reads the weight '%s'", name);
        gb_status status = gb_own_weights_add(own, &session->model->weights, name, &weight, err);
        if (status)
            return status;
        session->weights_grown = true;
    }
    if (values && !memcmp(weight->values, values, weight->count * sizeof *values))
        return GB_OK;
    gb_status status = GB_OK;
    if (values)
        memcpy(weight->values, values, weight->count * sizeof *values);
    else
        status = gb_model_read_tensor(session->model, name, weight->values, err);
    gb_own_weight_changed(own, weight);
    return status;
}

gb_status gb_session_copy_weights(gb_session *session, const gb_session *from, gb_error *err) {
    gb_status status = GB_OK;
    if (session->model != from->model)
        return gb_fail(err, GB_BAD_ARGUMENT, "the sessions are of different models");
    for (int i = 0; i < from->weights.count && !status; i++)
        status = gb_session_set_weight(session, from->weights.list[i].name, from->weights.list[i].values, err);
    return status;
}

gb_status gb_session_weight_gradient(gb_session *session, const char *name, float *out, gb_error *err) {
    const gb_own_weight *weight = gb_own_weights_find(&session->weights, session->graph->network, name);
    if (!weight || !weight->trained)
        return gb_fail(err, GB_BAD_ARGUMENT, "the weight '%s' is not trained: name it with gb_session_train()", name);
    ptrdiff_t at = weight - session->weights.list;
    if (!session->has_gradients || !session->adjoint || at >= session->adjoint->weight_count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there are no gradients: call gb_session_backward() after the render");
    gb_node gradient = session->adjoint->weight_gradient[at];
    if (gradient == GB_NO_NODE) {
        memset(out, 0, weight->count * sizeof *out);
        return GB_OK;
    }
    gb_tensor_to_nchw(&session->cpu, &session->plan->tensor[gradient], out);
    return gb_device_wait(session, err);
}
