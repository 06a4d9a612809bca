/* The settings of a session: inputs, truncation, noise, feeds and taps, and transactions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "session.h"
#include "weights/number_text.h"

static gb_status set_value(gb_session *session, gb_node node, const float *value, int samples, gb_error *err) {
    gb_shared_value *shared = NULL;
    if (value) {
        size_t floats = gb_node_floats(&session->graph->nodes[node]) * (size_t)samples;
        if (!(shared = gb_shared_value_new(session->cpu.allocator, ++session->last_id, samples, floats)))
            return gb_fail(err, GB_NO_MEMORY, "out of memory for '%s'", session->graph->nodes[node].name);
        memcpy(shared->data, value, floats * sizeof *value);
    }
    gb_shared_value_replace(&session->now.value[node], shared);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ settings */

gb_status gb_settings_new(gb_settings *settings, const gb_graph *graph, gb_error *err) {
    *settings = (gb_settings){.psi = 1, .psi_as_written = 1, .cutoff = -1};
    settings->value = calloc((size_t)graph->count, sizeof *settings->value);
    settings->tapped = calloc((size_t)graph->count, sizeof *settings->tapped);
    return settings->value && settings->tapped ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

static void drop_values(gb_settings *settings, const gb_graph *graph) {
    for (gb_node i = 0; settings->value && i < graph->count; i++) {
        gb_shared_value_release(settings->value[i]);
        settings->value[i] = NULL;
    }
    gb_shared_value_release(settings->w_avg);
    settings->w_avg = NULL;
    gb_told_release(settings->told.told);
    settings->told.told = NULL;
    gb_bend_list_clear(&settings->bends);
}

void gb_settings_free(gb_settings *settings, const gb_graph *graph) {
    drop_values(settings, graph);
    free(settings->value);
    free(settings->tapped);
    *settings = (gb_settings){0};
}

/* Copies `from` to `to`, whose arrays are allocated and empty. */
static bool copy(gb_settings *to, const gb_settings *from, const gb_graph *graph) {
    gb_settings next = *from;
    next.value = to->value;
    next.tapped = to->tapped;
    next.bends = (gb_bend_list){0};
    if (!gb_bend_list_copy(&next.bends, &from->bends))
        return false;
    next.w_avg = gb_shared_value_retain(from->w_avg);
    next.told.told = gb_told_retain(from->told.told);
    for (gb_node i = 0; i < graph->count; i++)
        next.value[i] = gb_shared_value_retain(from->value[i]);
    memcpy(next.tapped, from->tapped, (size_t)graph->count * sizeof *next.tapped);
    *to = next;
    return true;
}

gb_status gb_session_begin(gb_session *session, gb_error *err) {
    if (session->in_transaction)
        return gb_fail(err, GB_BAD_ARGUMENT, "a transaction is open already: commit it or roll it back first");
    if (!copy(&session->before, &session->now, session->graph))
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    session->in_transaction = true;
    return GB_OK;
}

gb_status gb_session_commit(gb_session *session, gb_error *err) {
    if (!session->in_transaction)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no open transaction to commit");
    drop_values(&session->before, session->graph);
    session->in_transaction = false;
    return GB_OK;
}

void gb_session_rollback(gb_session *session) {
    if (!session->in_transaction)
        return;
    gb_settings undone = session->now;
    session->now = session->before;
    session->before = undone;
    drop_values(&session->before, session->graph);
    session->in_transaction = false;
    session->rollbacks++;
}

/* ------------------------------------------------------------------------------------------------ z, w, label */

static gb_node find_role(const gb_session *session, gb_role role) {
    return gb_graph_find_role(session->graph, role, 0);
}

static gb_status set_z(gb_session *session, const float *z, gb_error *err) {
    gb_node node = find_role(session, GB_ROLE_Z), ws = find_role(session, GB_ROLE_WS);
    if (node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no input 'z'");
    gb_status status = set_value(session, node, z, session->options.batch, err);
    if (!status && ws != GB_NO_NODE)
        status = set_value(session, ws, NULL, 0, err);
    return status;
}

gb_status gb_session_set_z(gb_session *session, const float *z, gb_error *err) {
    gb_status status = set_z(session, z, err);
    if (!status)
        session->now.seeded = false;
    return status;
}

/* Draws z. In a network without a truncation operation, z is multiplied by psi. */
static gb_status draw_z(gb_session *session, gb_rng rng, uint64_t seed, gb_error *err) {
    gb_node node = find_role(session, GB_ROLE_Z);
    if (node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no input 'z' to draw from a seed");
    size_t floats = gb_node_floats(&session->graph->nodes[node]), batch = (size_t)session->options.batch;
    float *z = malloc(floats * batch * sizeof *z);
    if (!z)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < batch; i++)
        gb_randn(rng, seed + i, floats, z + i * floats);
    if (find_role(session, GB_ROLE_WS) == GB_NO_NODE)
        for (size_t i = 0; i < floats * batch; i++)
            z[i] *= session->now.psi;
    gb_status status = set_z(session, z, err);
    free(z);
    return status;
}

gb_status gb_session_seed_with(gb_session *session, gb_rng rng, uint64_t seed, gb_error *err) {
    gb_status status = draw_z(session, rng, seed, err);
    if (status)
        return status;
    session->now.seeded = true;
    session->now.rng = rng;
    session->now.seed = seed;
    return GB_OK;
}

gb_status gb_session_seed(gb_session *session, uint64_t seed, gb_error *err) {
    return gb_session_seed_with(session, gb_origin_rng(session->graph), seed, err);
}

gb_status gb_session_set_ws(gb_session *session, const float *ws, int rows, gb_error *err) {
    gb_node node = find_role(session, GB_ROLE_WS);
    if (node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no w's");
    int num_ws = (int)session->graph->nodes[node].shape[0];
    size_t w_dim = (size_t)session->graph->nodes[node].shape[1];
    if (rows != 1 && rows != num_ws)
        return gb_fail(err, GB_BAD_ARGUMENT, "w has %d rows; expected 1 or %d", rows, num_ws);
    gb_shared_value *shared = gb_shared_value_new(session->cpu.allocator, ++session->last_id, session->options.batch,
                                                  (size_t)session->options.batch * (size_t)num_ws * w_dim);
    if (!shared)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < session->options.batch; i++)
        for (int row = 0; row < num_ws; row++)
            memcpy(shared->data + ((size_t)i * (size_t)num_ws + (size_t)row) * w_dim,
                   ws + ((size_t)i * (size_t)rows + (size_t)(rows == 1 ? 0 : row)) * w_dim, w_dim * sizeof *ws);
    gb_shared_value_replace(&session->now.value[node], shared);
    return GB_OK;
}

gb_status gb_session_set_label(gb_session *session, const float *label, gb_error *err) {
    gb_node node = find_role(session, GB_ROLE_LABEL);
    if (node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network is not conditional: it has no classes");
    return set_value(session, node, label, session->options.batch, err);
}

gb_status gb_session_set_class(gb_session *session, int label, gb_error *err) {
    gb_node node = find_role(session, GB_ROLE_LABEL);
    if (node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network is not conditional: it has no classes");
    int classes = (int)session->graph->nodes[node].shape[0];
    if (label < 0 || label >= classes)
        return gb_fail(err, GB_BAD_ARGUMENT, "class %d: this network has classes 0 to %d", label, classes - 1);
    float *one_hot = calloc((size_t)session->options.batch * (size_t)classes, sizeof *one_hot);
    if (!one_hot)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < session->options.batch; i++)
        one_hot[i * classes + label] = 1;
    gb_status status = gb_session_set_label(session, one_hot, err);
    free(one_hot);
    return status;
}

/* True if a normalisation selects its statistics by the truncation; their rows are for 0 to 1. */
static bool has_statistics_by_truncation(const gb_graph *graph) {
    bool has = false;
    for (gb_node i = 0; i < graph->count && !has; i++)
        has = !graph->nodes[i].is_input && graph->nodes[i].desc.op == GB_OP_BATCH_NORM &&
              graph->nodes[i].desc.batch_norm.rows > 1;
    return has;
}

gb_status gb_session_truncate(gb_session *session, float psi, int cutoff, gb_error *err) {
    bool has_ws = find_role(session, GB_ROLE_WS) != GB_NO_NODE;
    if (!has_ws && find_role(session, GB_ROLE_Z) == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no truncation");
    if (!isfinite(psi))
        return gb_fail(err, GB_BAD_ARGUMENT, "truncation psi is not finite");
    if (!has_ws && !(psi > 0 && psi <= 1))
        return gb_fail(err, GB_BAD_ARGUMENT, "truncation is %g; this network needs more than 0 and at most 1",
                       (double)psi);
    if (has_ws && (psi < 0 || psi > 1) && has_statistics_by_truncation(session->graph))
        return gb_fail(err, GB_BAD_ARGUMENT, "truncation is %g; the statistics of this network are stored for 0 to 1",
                       (double)psi);
    if (!has_ws && cutoff >= 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no w's to which a cutoff could apply");
    bool moved = psi != session->now.psi;
    session->now.psi = psi;
    session->now.psi_as_written = gb_float_as_written(psi);
    session->now.cutoff = cutoff < 0 ? -1 : cutoff;
    if (has_ws || !moved || !session->now.seeded)
        return GB_OK;
    return draw_z(session, session->now.rng, session->now.seed, err);
}

gb_status gb_session_set_w_avg(gb_session *session, const float *w_avg, gb_error *err) {
    gb_node node = find_role(session, GB_ROLE_WS);
    if (node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no truncation");
    for (gb_node i = 0; w_avg && i < session->graph->count; i++) {
        const gb_graph_node *n = &session->graph->nodes[i];
        if (!n->is_input && n->desc.op == GB_OP_TRUNCATE && n->shape[1] != session->graph->nodes[node].shape[1])
            return gb_fail(err, GB_BAD_ARGUMENT,
                           "'%s' and '%s' truncate w's of different sizes; a mean w fits only one of them",
                           session->graph->nodes[node].name, n->name);
    }
    gb_shared_value *shared = NULL;
    if (w_avg) {
        size_t w_dim = (size_t)session->graph->nodes[node].shape[1];
        if (!(shared = gb_shared_value_new(session->cpu.allocator, ++session->last_id, 1, w_dim)))
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        memcpy(shared->data, w_avg, w_dim * sizeof *w_avg);
    }
    gb_shared_value_replace(&session->now.w_avg, shared);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ noise */

/* The input that a noise node reads its map from. */
static gb_node map_of(const gb_session *session, gb_node node) {
    const gb_graph_node *n = &session->graph->nodes[node];
    gb_node map = !n->is_input && n->desc.op == GB_OP_NOISE ? n->input[1] : GB_NO_NODE;
    return map != GB_NO_NODE && session->graph->nodes[map].is_input ? map : GB_NO_NODE;
}

/* Draws maps for every layer, for sample i from seed + i, so that sample i of a batch equals that sample rendered
 * alone. */
static gb_status draw_maps(gb_session *session, uint64_t seed, gb_error *err) {
    int batch = session->options.batch;
    gb_status status = GB_OK;
    gb_random *generators = calloc((size_t)batch, sizeof *generators);
    if (!generators)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < batch; i++)
        gb_random_seed(&generators[i], seed + (uint64_t)i);
    for (gb_node i = 0; i < session->graph->count && !status; i++) {
        gb_node map = map_of(session, i);
        if (map == GB_NO_NODE)
            continue;
        size_t floats = gb_node_floats(&session->graph->nodes[map]);
        gb_shared_value *shared = gb_shared_value_new(session->cpu.allocator, ++session->last_id, batch, floats * (size_t)batch);
        if (!shared) {
            status = gb_fail(err, GB_NO_MEMORY, "out of memory for noise maps");
            break;
        }
        for (int k = 0; k < batch; k++)
            gb_random_torch(&generators[k], floats, shared->data + (size_t)k * floats);
        gb_shared_value_replace(&session->now.value[map], shared);
    }
    free(generators);
    return status;
}

gb_status gb_session_noise(gb_session *session, gb_noise mode, uint64_t seed, gb_error *err) {
    session->now.noise_off = mode == GB_NOISE_NONE;
    session->now.noise_drawn = mode == GB_NOISE_RANDOM;
    session->now.noise_seed = seed;
    session->now.noise_maps = false;
    if (mode == GB_NOISE_RANDOM)
        return draw_maps(session, seed, err);
    for (gb_node i = 0; i < session->graph->count; i++) {
        gb_node map = map_of(session, i);
        if (map != GB_NO_NODE)
            gb_shared_value_replace(&session->now.value[map], NULL);
    }
    return GB_OK;
}

/* Finds the node with that name or alias; otherwise the message has the nearest name. */
static gb_status find_node(const gb_session *session, const char *name, gb_node *node, gb_error *err) {
    *node = gb_graph_find(session->graph, name);
    if (*node != GB_NO_NODE)
        return GB_OK;
    const char *nearest = gb_graph_nearest(session->graph, name);
    return nearest ? gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'; the nearest is '%s'", name, nearest)
                   : gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'", name);
}

gb_status gb_session_set_noise_map(gb_session *session, const char *layer, const float *map, int samples,
                                   gb_error *err) {
    gb_node node, input = GB_NO_NODE;
    gb_status status = find_node(session, layer, &node, err);
    if (status)
        return status;
    /* A layer has the name of its last node, which reads the noise node. */
    for (gb_node i = node; i != GB_NO_NODE && input == GB_NO_NODE; i = gb_main_input(&session->graph->nodes[i])) {
        input = map_of(session, i);
        if (session->graph->nodes[i].is_input || session->graph->nodes[i].desc.op != GB_OP_BIAS_ACT)
            break;
    }
    if (input == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' is not a layer with noise", layer);
    if (map && samples != 1 && samples != session->options.batch)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d noise maps for '%s'; expected 1, or one for each of the %d samples",
                       samples, layer, session->options.batch);
    session->now.noise_off = session->now.noise_off && !map;
    session->now.noise_maps = session->now.noise_maps || map || session->now.noise_drawn;
    return set_value(session, input, map, samples, err);
}

/* ------------------------------------------------------------------------------------------------ taps and feeds */

static gb_status mark_taps(gb_session *session, const char *name, bool tapped, gb_error *err) {
    int found = 0;
    for (gb_node i = 0; i < session->graph->count; i++) {
        if (gb_graph_matches(session->graph, i, name)) {
            session->now.tapped[i] = tapped;
            found++;
        }
    }
    gb_node node;
    return found ? GB_OK : find_node(session, name, &node, err);
}

gb_status gb_session_tap(gb_session *session, const char *name, gb_error *err) {
    return mark_taps(session, name, true, err);
}

gb_status gb_session_untap(gb_session *session, const char *name, gb_error *err) {
    return mark_taps(session, name, false, err);
}

gb_status gb_session_feed(gb_session *session, const char *name, const float *value, gb_error *err) {
    gb_node node;
    gb_status status = find_node(session, name, &node, err);
    if (!status)
        status = set_value(session, node, value, session->options.batch, err);
    if (!status && node == find_role(session, GB_ROLE_Z))
        session->now.seeded = false;            /* z is not drawn again when the truncation changes */
    return status;
}
