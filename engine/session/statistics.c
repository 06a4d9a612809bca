/* The running statistics of batch norm in training mode: each render moves them towards those of its batch,
 *   r = (1 − momentum) · r + momentum · batch,   the variance of the batch with n − 1, as PyTorch does. */
#include <stdlib.h>

#include "device.h"
#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "session.h"

static bool has_running_statistics(const gb_graph_node *node) {
    return !node->is_input && node->desc.op == GB_OP_BATCH_NORM && node->desc.batch_norm.rows == 1;
}

bool gb_statistics_moved(const gb_session *session) {
    return session->options.statistics_momentum > 0;
}

gb_status gb_statistics_own(gb_session *session, gb_error *err) {
    gb_status status = GB_OK;
    for (gb_node i = 0; gb_statistics_moved(session) && i < session->graph->count && !status; i++) {
        const gb_graph_node *node = &session->graph->nodes[i];
        gb_own_weight *weight;
        for (int k = 0; k < 2 && has_running_statistics(node) && !status; k++)
            status = gb_own_weights_add(&session->weights, &session->model->weights, node->weight[k], &weight, err);
    }
    return status;
}

/* Makes room for `count` more nodes. */
static bool reserve(gb_graph *graph, int count) {
    if (graph->room - graph->count >= count)
        return true;
    gb_graph_node *grown = realloc(graph->nodes, (size_t)(graph->count + count) * sizeof *grown);
    if (!grown)
        return false;
    graph->nodes = grown;
    graph->room = graph->count + count;
    return true;
}

gb_status gb_statistics_append(const gb_session *session, gb_bent *bent, gb_error *err) {
    gb_graph *graph = &bent->graph;
    int end = graph->count, norms = 0;
    for (gb_node i = 0; i < end; i++)
        norms += has_running_statistics(&graph->nodes[i]);
    if (!gb_statistics_moved(session) || !norms)
        return GB_OK;
    if (!reserve(graph, norms))
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; i < end; i++) {
        const gb_graph_node *norm = &graph->nodes[i];
        if (!has_running_statistics(norm) || session->now.value[norm->base])        /* not fed */
            continue;
        int channels = norm->desc.in[0].c;
        gb_graph_node *node = &graph->nodes[graph->count++];
        *node = (gb_graph_node){.name = norm->name, .base = norm->base, .weight_gain = 1, .clamp = -1, .noise_factor = 1,
                                .for_batch = true, .inputs = 1, .input = {norm->input[0]}, .ndim = 2,
                                .shape = {2, channels}, .layer_act = GB_NO_NODE, .layer_noise = GB_NO_NODE};
        node->desc = (gb_desc){.op = GB_OP_BATCH_MOMENTS, .inputs = 1, .in = {norm->desc.in[0]},
                               .out = {1, 2, 1, channels, 1}};
        node->id = gb_mix(gb_mix(GB_OP_BATCH_MOMENTS, norm->id), 2) >> 2 | UINT64_C(1) << 62;
    }
    return GB_OK;
}

static void move_values(gb_own_weights *own, gb_own_weight *weight, const float *batch, double momentum, double factor) {
    for (size_t c = 0; c < weight->count; c++)
        weight->values[c] = (float)((1 - momentum) * weight->values[c] + momentum * (factor * batch[c]));
    gb_own_weight_changed(own, weight);
}

gb_status gb_statistics_move(gb_session *session, gb_error *err) {
    const gb_graph *graph = &session->bent->graph;
    gb_own_weights *own = &session->weights;
    double momentum = session->options.statistics_momentum;
    gb_status status = GB_OK;
    for (gb_node i = 0; gb_statistics_moved(session) && i < graph->count && !status; i++) {
        const gb_graph_node *node = &graph->nodes[i], *norm = &session->graph->nodes[node->base];
        if (node->is_input || node->desc.op != GB_OP_BATCH_MOMENTS)
            continue;
        size_t channels = (size_t)node->shape[1];
        double count = (double)session->options.batch * node->desc.in[0].h * node->desc.in[0].w;
        float *moments = malloc(2 * channels * sizeof *moments);
        if (!moments)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        gb_tensor_to_nchw(&session->cpu, &session->plan->tensor[i], moments);
        if (!(status = gb_device_wait(session, err))) {
            const float *batch[2] = {moments, moments + channels};
            for (int k = 0; k < 2; k++)
                move_values(own, gb_own_weights_find(own, session->graph->network, norm->weight[k]), batch[k], momentum,
                            k && count > 1 ? count / (count - 1) : 1);
        }
        free(moments);
    }
    return status;
}
