/* Creating and freeing sessions, and the state per node of the bent graph. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "engine/base/options.h"
#include "engine/gradient/available.h"
#include "engine/graph/device_memory.h"

/* ------------------------------------------------------------------------------------------------ the bent graph */

static void free_node_state(gb_session *session) {
    free(session->wanted);
    free(session->before_edit);
    free(session->kept);
    free(session->signature);
    free(session->last_signature);
}

/* A hash index of a graph's nodes by id: open addressing, at most half full. */
typedef struct id_index {
    gb_node *slots;             /* node + 1; 0 = free */
    size_t mask;
} id_index;

static bool index_ids(id_index *index, const gb_graph *graph) {
    size_t size = 16;
    while (size < 2 * (size_t)graph->count)
        size *= 2;
    *index = (id_index){calloc(size, sizeof *index->slots), size - 1};
    for (gb_node i = 0; index->slots && i < graph->count; i++) {
        size_t slot = gb_mix(0, graph->nodes[i].id) & index->mask;
        while (index->slots[slot])
            slot = (slot + 1) & index->mask;
        index->slots[slot] = i + 1;
    }
    return index->slots != NULL;
}

static gb_node find_id(const id_index *index, const gb_graph *graph, uint64_t id) {
    for (size_t slot = gb_mix(0, id) & index->mask; index->slots[slot]; slot = (slot + 1) & index->mask)
        if (graph->nodes[index->slots[slot] - 1].id == id)
            return index->slots[slot] - 1;
    return GB_NO_NODE;
}

/* ------------------------------------------------------------------------------------------------ earlier plans */

/* On a device, plans are kept for sets of bends that may come back. */
static bool keeps_earlier(const gb_session *session) {
    return session->cpu.device && !session->options.batch_statistics;
}

/* Takes out the earlier plan for the bends of *bent, which becomes the same graph with the ids that its nodes had then. */
static gb_earlier_plan take_earlier(gb_session *session, gb_bent **bent) {
    gb_earlier_plan *e, taken = {.bent = NULL};
    gb_bent *again;
    int at = 0;
    while (session->bent && keeps_earlier(session) && (e = gb_earlier_next(&session->earlier, *bent, &at))) {
        if (e->bent->last_key < session->bent->last_key)
            e->bent->last_key = session->bent->last_key;        /* keys of other bends are not used again */
        if (gb_bent_new(session->graph, &session->now.bends, session->now.value, e->bent, &session->work, &again, NULL))
            break;
        if (!gb_bent_same(again, e->bent)) {
            gb_bent_free(again);
            continue;
        }
        gb_bent_free(*bent);
        *bent = again;
        taken = *e;
        e->bent = NULL;
        e->plan = NULL;
        e->kept = NULL;
        break;
    }
    return taken;
}

/* Keeps the current plan and graph for later; `parked` are buffers of its nodes. */
static void keep_plan(gb_session *session, gb_kept *parked) {
    gb_earlier_plan *room = gb_earlier_room(&session->earlier, &session->cpu);
    room->bent = session->bent;
    room->plan = session->plan;
    room->kept = parked;
    session->bent = NULL;
    session->plan = NULL;
}

/* Makes an earlier plan, whose state per node the session has, the current one. */
static void use_earlier(gb_session *session, gb_earlier_plan *taken) {
    for (gb_node i = 0; i < taken->bent->graph.count; i++)
        if (!session->kept[i].data) {
            session->kept[i] = taken->kept[i];
            taken->kept[i].data = NULL;
        }
    session->plan = taken->plan;
    session->came_back = true;
    taken->plan = NULL;
    gb_earlier_empty(taken, &session->cpu);
}

/* Moves the session's state per node to the nodes with the same id in another graph. Keeps the plan and buffers of other
 * nodes for later, up to an eighth of keep_bytes, or frees them. */
static gb_status move_node_state(gb_session *session, const gb_bent *to, gb_error *err) {
    size_t nodes = (size_t)to->graph.count;
    unsigned char *wanted = calloc(nodes, sizeof *wanted);
    bool *before_edit = calloc(nodes, sizeof *before_edit);
    gb_kept *kept = calloc(nodes, sizeof *kept);
    uint64_t *signature = calloc(nodes, sizeof *signature), *last_signature = calloc(nodes, sizeof *last_signature);
    id_index index = {0};
    if (!wanted || !before_edit || !kept || !signature || !last_signature || !index_ids(&index, &to->graph)) {
        free(wanted);
        free(before_edit);
        free(kept);
        free(signature);
        free(last_signature);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    const gb_bent *from = session->bent;
    size_t parked_floats = 0, most = session->options.keep_bytes / 8 / sizeof(float);
    gb_kept *parked = session->plan && keeps_earlier(session) ? calloc((size_t)from->graph.count, sizeof *parked) : NULL;
    session->work.done += nodes + (from ? (uint64_t)from->graph.count : 0);
    for (gb_node i = 0; from && i < from->graph.count; i++) {
        gb_node k = find_id(&index, &to->graph, from->graph.nodes[i].id);
        if (k == GB_NO_NODE && parked && parked_floats + session->kept[i].floats <= most) {
            parked[i] = session->kept[i];
            parked_floats += parked[i].floats;
            continue;
        }
        if (k == GB_NO_NODE) {
            gb_memory_free(&session->cpu, session->kept[i].data);
            continue;
        }
        before_edit[k] = session->before_edit[i];
        kept[k] = session->kept[i];
        last_signature[k] = session->last_signature[i];
    }
    free(index.slots);
    if (parked)
        keep_plan(session, parked);
    gb_session_forget_plans(session);
    free_node_state(session);
    session->wanted = wanted;
    session->before_edit = before_edit;
    session->kept = kept;
    session->signature = signature;
    session->last_signature = last_signature;
    return GB_OK;
}

static void use_batch_statistics(gb_graph *graph) {
    for (gb_node i = 0; i < graph->count; i++)
        if (!graph->nodes[i].is_input && graph->nodes[i].desc.op == GB_OP_BATCH_NORM)
            graph->nodes[i].desc.batch_norm.own = true;
}

gb_status gb_session_update_bent(gb_session *session, gb_error *err) {
    gb_bent *bent = NULL;
    gb_adjoint *adjoint = NULL;
    gb_adjoint_request request = {session->wants, session->want_count, &session->weights, session->seed,
                                  session->now.value, session->options.straight_through, session->options.batch,
                                  session->options.keep_bytes, &session->work};
    bool wants = session->want_count > 0 || session->weights.trained > 0;
    if (session->bent && gb_bent_is_current(session->bent, session->graph, &session->now.bends, session->now.value) &&
        (session->adjoint ? wants && gb_adjoint_is_current(session->adjoint, &request, session->graph) : !wants))
        return GB_OK;
    gb_status status = gb_bent_new(session->graph, &session->now.bends, session->now.value, session->bent,
                                   &session->work, &bent, err);
    if (!status && session->options.batch_statistics)
        use_batch_statistics(&bent->graph);
    if (!status)
        status = gb_statistics_append(session, bent, err);
    if (!status && wants)
        status = gb_adjoint_append(&request, session->graph, bent, &adjoint, err);
    if (status) {
        gb_bent_free(bent);
        return status;
    }
    if (!session->bent || !gb_bent_same(session->bent, bent)) {
        gb_earlier_plan earlier = take_earlier(session, &bent);
        if ((status = move_node_state(session, bent, err))) {
            if (earlier.bent)
                gb_earlier_empty(&earlier, &session->cpu);
            gb_adjoint_free(adjoint);
            gb_bent_free(bent);
            return status;
        }
        session->came_back = false;
        if (earlier.bent)
            use_earlier(session, &earlier);
    }
    session->rendered = session->has_gradients = false;
    gb_bent_free(session->bent);
    gb_adjoint_free(session->adjoint);
    session->bent = bent;
    session->adjoint = adjoint;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ sessions */

gb_status gb_session_new(gb_model *model, const gb_session_options *given, gb_session **out, gb_error *err) {
    enum { MAX_BATCH = 1024 };
    gb_session_options options;
    *out = NULL;
    gb_status status = GB_TAKE_OPTIONS(gb_session_options, statistics_momentum, &options, given, err);
    if (status)
        return status;
    if (options.batch < 0 || options.batch > MAX_BATCH)
        return gb_fail(err, GB_BAD_ARGUMENT, "the batch is %d; expected 1 to %d", options.batch, MAX_BATCH);
    if (options.purpose == GB_GRADIENT && (status = gb_gradients_available(err)))
        return status;
    if (!(options.statistics_momentum >= 0 && options.statistics_momentum <= 1) ||
        (options.statistics_momentum > 0 && !options.batch_statistics))
        return gb_fail(err, GB_BAD_ARGUMENT, "statistics_momentum is %g; expected 0 to 1, and 0 without batch_statistics",
                       (double)options.statistics_momentum);
    gb_session *session = calloc(1, sizeof *session);
    if (!session)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    session->model = model;
    session->number = atomic_fetch_add(&model->context->sessions, 1) + 1;
    atomic_fetch_add(&model->sessions, 1);
    session->graph = model->graph;
    session->preview = GB_NO_NODE;
    session->seed = session->graph->output;
    session->options = options;
    if (!session->options.batch)
        session->options.batch = 1;
    if (!session->options.keep_bytes)
        session->options.keep_bytes = (size_t)1500 << 20;
    session->cpu = *model->context->processor;
    session->work.cancel = &session->cancel;
    if (session->cpu.device && session->options.purpose == GB_GRADIENT)
        status = gb_fail(err, GB_BAD_ARGUMENT, "gradients are computed on the CPU: make a context for the device cpu");
    if (!status && session->cpu.device && !(session->cpu.stream = session->cpu.device->stream_new(session->cpu.device)))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory on %s", session->cpu.device->name);
    if (!status)
        status = gb_settings_new(&session->now, session->graph, err);
    if (!status)
        status = gb_settings_new(&session->before, session->graph, err);
    if (!status)
        status = gb_statistics_own(session, err);
    if (!status)
        status = gb_session_update_bent(session, err);
    if (status)
        gb_session_free(session);
    else
        *out = session;
    return status;
}

void gb_session_free(gb_session *session) {
    if (!session)
        return;
    gb_settings_free(&session->now, session->graph);
    gb_settings_free(&session->before, session->graph);
    if (session->cpu.stream)
        session->cpu.device->stream_free(session->cpu.stream);        /* waits until its steps have finished */
    gb_session_forget_plans(session);
    gb_earlier_clear(&session->earlier, &session->cpu);
    gb_memory_free(&session->cpu, session->arena.memory);
    gb_own_weights_free(&session->weights, session->model->context->processor);
    for (gb_node i = 0; session->kept && i < session->bent->graph.count; i++)
        gb_memory_free(&session->cpu, session->kept[i].data);
    free_node_state(session);
    gb_bent_free(session->bent);
    gb_adjoint_free(session->adjoint);
    gb_shared_value_release(session->cotangent);
    free(session->wants);
    atomic_fetch_sub(&session->model->sessions, 1);
    free(session);
}

void gb_session_cancel(gb_session *session) {
    atomic_store(&session->cancel, true);
}

void gb_session_clear_cancel(gb_session *session) {
    atomic_store(&session->cancel, false);
}

gb_status gb_session_end_call(gb_session *session, gb_status status) {
    if (status == GB_CANCELLED)
        gb_session_clear_cancel(session);
    return status;
}

void gb_session_set_progress(gb_session *session, void (*progress)(void *arg, double share), void *arg) {
    session->progress = progress;
    session->progress_arg = arg;
}

void gb_session_stats(const gb_session *session, gb_render_stats *stats) {
    *stats = (gb_render_stats){.nodes_run = session->nodes_run, .steps_run = session->steps_run};
    if (session->plan) {
        stats->steps = session->plan->count;
        stats->arena_bytes = session->plan->arena_bytes;
        stats->kept_bytes = session->plan->kept_bytes;
    }
}

void gb_session_step(const gb_session *session, int index, gb_step_info *info) {
    *info = (gb_step_info){.first = GB_NO_NODE, .last = GB_NO_NODE, .kernel = ""};
    if (!session->plan || index < 0 || index >= session->plan->count)
        return;
    const gb_step *step = &session->plan->steps[index];
    const gb_graph_node *nodes = session->bent->graph.nodes;
    *info = (gb_step_info){.first = nodes[step->chain[0]].base,
                           .last = nodes[step->chain[step->nodes - 1]].base,
                           .op = gb_ops[step->desc.op]->name,
                           .nodes = step->nodes,
                           .kernel = step->row->isa,
                           .seconds = step->seconds,
                           .ran = step->run,
                           .macs = step->macs,
                           .bytes = step->bytes};
}

/* Transposed convolutions are counted at input resolution, as in gb_op_macs(). */
gb_status gb_session_step_product(gb_session *session, int index, double *seconds, gb_error *err) {
    gb_device *device = session->model->context->device;
    char why[256] = "";
    *seconds = 0;
    if (!device)
        return gb_fail(err, GB_DEVICE, "products of cuBLAS need a GPU");
    if (!session->plan || index < 0 || index >= session->plan->count)
        return GB_OK;
    const gb_desc *d = &session->plan->steps[index].desc;
    if (d->op != GB_OP_MODULATED_CONV2D)
        return GB_OK;
    const gb_conv *conv = &d->conv;
    int64_t rows = (int64_t)d->in[0].n * d->in[0].h * d->in[0].w, depth = (int64_t)d->in[0].c * conv->kernel * conv->kernel;
    if (rows > INT32_MAX || depth > INT32_MAX)
        return gb_fail(err, GB_DEVICE, "the convolution is too large for a product of cuBLAS");
    *seconds = device->product_seconds(device, (int)rows, conv->wanted ? conv->wanted : conv->cout, (int)depth, why,
                                       sizeof why);
    return *seconds > 0 ? GB_OK : gb_fail(err, GB_DEVICE, "%s: cuBLAS: %s", device->name, why);
}
