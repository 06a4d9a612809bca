/* Rendering: sign every value with what it depends on, plan anew where somebody looks elsewhere than before, and run the
 * steps whose result is not there yet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/float_state.h"
#include "device.h"
#include "host_step.h"
#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "engine/picture/image.h"
#include "engine/graph/device_memory.h"
#include "session.h"

/* ------------------------------------------------------------------------------------------------ the bent graph */

static void free_node_state(gb_session *session) {
    free(session->cut);
    free(session->wanted);
    free(session->moving);
    free(session->kept);
    free(session->signature);
    free(session->last_signature);
}

/* The nodes of a graph by id: open addressing, at most half full. */
typedef struct id_index {
    gb_node *slots;             /* node + 1; 0 is free */
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

/* What the session knows per node moves to the nodes of another graph that are the same ones; the rest is let go. */
static gb_status move_node_state(gb_session *session, const gb_bent *to, gb_error *err) {
    size_t nodes = (size_t)to->graph.count;
    unsigned char *cut = calloc(nodes, sizeof *cut), *wanted = calloc(nodes, sizeof *wanted);
    bool *moving = calloc(nodes, sizeof *moving);
    gb_kept *kept = calloc(nodes, sizeof *kept);
    uint64_t *signature = calloc(nodes, sizeof *signature), *last_signature = calloc(nodes, sizeof *last_signature);
    id_index index = {0};
    if (!cut || !wanted || !moving || !kept || !signature || !last_signature || !index_ids(&index, &to->graph)) {
        free(cut);
        free(wanted);
        free(moving);
        free(kept);
        free(signature);
        free(last_signature);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    const gb_bent *from = session->bent;
    session->work.done += nodes + (from ? (uint64_t)from->graph.count : 0);
    for (gb_node i = 0; from && i < from->graph.count; i++) {
        gb_node k = find_id(&index, &to->graph, from->graph.nodes[i].id);
        if (k == GB_NO_NODE) {
            gb_memory_free(&session->cpu, session->kept[i].data);
            continue;
        }
        moving[k] = session->moving[i];
        kept[k] = session->kept[i];
        last_signature[k] = session->last_signature[i];
    }
    free(index.slots);
    free_node_state(session);
    session->cut = cut;
    session->wanted = wanted;
    session->moving = moving;
    session->kept = kept;
    session->signature = signature;
    session->last_signature = last_signature;
    return GB_OK;
}

/* Brings session->bent up to the bends as they are now. A plan stays where only settings of bends changed. */
static gb_status bend_graph(gb_session *session, gb_error *err) {
    gb_bent *bent = NULL;
    if (session->bent && gb_bent_is_current(session->bent, session->graph, &session->now.bends, session->now.given))
        return GB_OK;
    gb_status status = gb_bent_new(session->graph, &session->now.bends, session->now.given, session->bent,
                                   &session->work, &bent, err);
    if (status)
        return status;
    if (!session->bent || !gb_bent_same(session->bent, bent)) {
        if ((status = move_node_state(session, bent, err))) {
            gb_bent_free(bent);
            return status;
        }
        gb_plan_free(session->plan);
        session->plan = NULL;
    }
    session->rendered = false;
    gb_bent_free(session->bent);
    session->bent = bent;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ making sessions */

gb_status gb_session_new(gb_model *model, const gb_session_options *options, gb_session **out, gb_error *err) {
    enum { MAX_BATCH = 1024 };
    *out = NULL;
    if (options && (options->batch < 0 || options->batch > MAX_BATCH))
        return gb_fail(err, GB_BAD_ARGUMENT, "a batch of %d; 1 to %d are possible", options->batch, MAX_BATCH);
    gb_session *session = calloc(1, sizeof *session);
    if (!session)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    session->model = model;
    session->graph = model->graph;
    session->preview = GB_NO_NODE;
    if (options)
        session->options = *options;
    if (!session->options.batch)
        session->options.batch = 1;
    if (!session->options.keep_bytes)
        session->options.keep_bytes = (size_t)1500 << 20;
    session->cpu = *model->context->processor;
    session->work.cancel = &session->cancel;
    gb_status status = GB_OK;
    if (session->cpu.device && !(session->cpu.stream = session->cpu.device->stream_new(session->cpu.device)))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory on %s", session->cpu.device->name);
    if (!status)
        status = gb_settings_new(&session->now, session->graph, err);
    if (!status)
        status = gb_settings_new(&session->before, session->graph, err);
    if (!status)
        status = bend_graph(session, err);
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
        session->cpu.device->stream_free(session->cpu.stream);        /* once nothing of it runs any more */
    gb_plan_free(session->plan);
    for (gb_node i = 0; session->kept && i < session->bent->graph.count; i++)
        gb_memory_free(&session->cpu, session->kept[i].data);
    free_node_state(session);
    gb_bent_free(session->bent);
    free(session);
}

/* ------------------------------------------------------------------------------------------------ signatures */

/* What was set at this node of the bent graph or comes with the bend that it is of, or NULL. */
static gb_given *given_at(const gb_session *session, gb_node node) {
    const gb_graph_node *n = &session->bent->graph.nodes[node];
    gb_node base = n->base;
    if (n->own_value)
        return n->own_value;
    return session->bent->self[base] == node ? session->now.given[base] : NULL;
}

static bool is_given(const gb_session *session, gb_node node) {
    return session->bent->graph.nodes[node].is_input || given_at(session, node);
}

/* Two values of a node have the same signature exactly when they were computed from the same settings. */
static void sign(gb_session *session) {
    const gb_settings *now = &session->now;
    const gb_graph *graph = &session->bent->graph;
    for (gb_node i = 0; i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        uint64_t h = gb_mix(gb_mix(1, node->id), node->version);
        if (is_given(session, i)) {
            const gb_given *given = given_at(session, i);
            h = gb_mix(h, given ? given->id : 0);
        } else {
            for (int k = 0; k < node->inputs; k++)
                h = gb_mix(h, session->signature[node->input[k]]);
            if (node->desc.op == GB_OP_NOISE)
                h = gb_mix(h, now->noise_off);
            if (node->desc.op == GB_OP_BATCH_NORM && node->desc.batch_norm.rows > 1)
                h = gb_mix_float(h, now->psi);
            if (node->desc.op == GB_OP_TRUNCATE)
                h = gb_mix(h, now->w_avg ? now->w_avg->id : 0);
            if (node->desc.op == GB_OP_TRUNCATE && !node->live)     /* else a bend's, of which `version` tells */
                h = gb_mix(gb_mix_float(h, now->psi), (uint64_t)now->cutoff);
        }
        session->signature[i] = h ? h : 1;
    }
}

/* ------------------------------------------------------------------------------------------------ planning */

/* Where a node changed though the value before it did not, that value is worth keeping: the next move will reuse it. It
 * is let go, and fused away again, as soon as something before it changes. */
static void watch_moves(gb_session *session) {
    const uint64_t *now = session->signature, *last = session->last_signature;
    const gb_graph *graph = &session->bent->graph;
    for (gb_node i = 0; session->options.purpose == GB_INTERACTIVE && i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        if (is_given(session, i) || !node->inputs || !last[i])
            continue;
        gb_node before = gb_main_input(node);
        if (now[before] != last[before])
            session->moving[before] = false;
        else if (now[i] != last[i])
            session->moving[before] = true;
    }
}

/* True for an input of which one sample is given although what reads it takes one for each sample of the batch. */
static bool is_repeated(const gb_session *session, gb_node node) {
    const gb_graph_node *n = &session->bent->graph.nodes[node];
    const gb_given *given = given_at(session, node);
    bool one_sample = given ? given->samples == 1 : n->value != NULL;
    return n->is_input && !n->is_map && one_sample && session->options.batch > 1;
}

static gb_status ensure_plan(gb_session *session, unsigned targets, gb_error *err) {
    const gb_graph *graph = &session->bent->graph;
    for (gb_node i = 0; i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        bool tapped = session->now.tapped[node->base] && session->bent->value[node->base] == i;
        session->wanted[i] = (unsigned char)((tapped ? GB_CUT_TAP : 0) |
                                             (given_at(session, i) && !node->is_input ? GB_CUT_FEED : 0) |
                                             (session->moving[i] ? GB_CUT_MOVING : 0) |
                                             (is_repeated(session, i) ? GB_CUT_REPEATED : 0));
    }
    /* Previews and taps are on the way to the picture: one plan serves all, and looking at a layer lets go of nothing
     * that is kept behind it. */
    if (session->options.purpose == GB_INTERACTIVE || (targets & (GB_CUT_IMAGE | GB_CUT_PREVIEW)))
        session->wanted[graph->output] |= GB_CUT_IMAGE;
    if (session->preview != GB_NO_NODE)
        session->wanted[session->bent->value[session->preview]] |= GB_CUT_PREVIEW;
    if (session->plan && !memcmp(session->cut, session->wanted, (size_t)graph->count))
        return GB_OK;

    const gb_session_options *o = &session->options;
    gb_plan_request request = {session->model, graph, o->batch, o->purpose, o->keep_bytes, session->wanted,
                               &session->work};
    gb_plan *plan = NULL;
    /* The old arena goes first: two at once would be the peak of memory. */
    gb_plan_free(session->plan);
    session->plan = NULL;
    gb_status status = gb_plan_new(&request, session->kept, &plan, err);
    if (status)
        return status;
    session->plan = plan;
    memcpy(session->cut, session->wanted, (size_t)graph->count);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ given values */

/* One or all samples of NCHW values into a tensor of the whole batch. */
static void fill_kept(const gb_cpu *cpu, const gb_tensor *tensor, const float *nchw, int samples) {
    size_t floats = (size_t)tensor->shape.c * (size_t)tensor->shape.h * (size_t)tensor->shape.w;
    gb_tensor one = *tensor;
    one.shape.n = 1;
    for (int i = 0; i < tensor->shape.n; i++) {
        gb_tensor_from_nchw(cpu, &one, samples > 1 ? nchw + (size_t)i * floats : nchw);
        one.data = (float *)(void *)((char *)one.data + gb_tensor_bytes(cpu, &one.shape));
    }
}

/* Points the plan's tensors at what was given, and holds it: it is read after the render too, when the settings may
 * have replaced it. Maps in a blocked layout, and single samples that every sample of the batch needs for itself, are
 * copied into the buffer the plan keeps for them. A default is looked up at the first render that needs it. */
static gb_status place_given(gb_session *session, gb_error *err) {
    gb_plan *plan = session->plan;
    const gb_cpu *cpu = &session->cpu;
    for (int g = 0; g < plan->given_count; g++) {
        gb_node i = plan->given[g].node;
        const gb_graph_node *node = &session->bent->graph.nodes[i];
        gb_given *given = given_at(session, i);
        const float **otherwise = &plan->given[g].default_value;
        if (!given && !node->value)
            return gb_fail(err, GB_BAD_ARGUMENT, "input '%s' has not been set", node->name);
        gb_status status = given || *otherwise ? GB_OK : gb_model_floats(session->model, node->value, 1, otherwise, err);
        if (status)
            return status;
        const float *data = given ? given->data : *otherwise;
        int samples = given ? given->samples : 1;
        if (!plan->keep[i]) {
            plan->tensor[i].shape.n = samples;
            plan->tensor[i].data = (float *)data;   /* read only: no step writes a given boundary */
            gb_given_share(given);
            gb_given_release(plan->held[g]);
            plan->held[g] = given;
        } else if (session->kept[i].signature != session->signature[i]) {
            fill_kept(cpu, &plan->tensor[i], data, samples);
            session->kept[i].signature = session->signature[i];
        }
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ running */

/* Given values where kernels read them. */
static const float *there(const gb_session *session, const gb_given *given) {
    if (!session->cpu.device)
        return given->data;
    return session->cpu.device->mirror(session->cpu.stream, given->data, given->floats * sizeof *given->data,
                                       given->id);
}

/* The stages behind a step's head with the settings as they are now. False where it has none. */
static bool fill_epilogue(const gb_session *session, const gb_step *step, gb_epilogue *e) {
    const gb_graph_node *nodes = session->bent->graph.nodes;
    const gb_stages *s = &step->stages;
    *e = (gb_epilogue){.gain = 1, .clamp = -1};
    if (s->noise != GB_NO_NODE && !session->now.noise_off) {
        const gb_graph_node *node = &nodes[s->noise];
        const gb_tensor *map = &session->plan->tensor[node->input[1]];
        int samples = node->noise_map ? node->noise_map->samples : map->shape.n;
        e->noise = node->noise_map ? there(session, node->noise_map) : map->data;
        e->noise_step = samples > 1 ? (size_t)map->shape.h * (size_t)map->shape.w : 0;
        e->noise_strength = *s->strength * node->noise_factor;
    }
    if (s->bias_act != GB_NO_NODE) {
        const gb_graph_node *node = &nodes[s->bias_act];
        e->bias_act = true;
        e->bias = node->bias ? s->bias : NULL;
        e->act = node->act;
        e->act_params = node->act_params;
        e->act_param_count = node->act_param_count;
        e->act_channels = node->act_channels;
        e->base_act = node->base_act;
        e->gain = s->scale ? node->gain * *s->scale : node->gain;
        e->clamp = node->clamp;
    }
    if (s->add != GB_NO_NODE)
        e->add = &session->plan->tensor[s->summand];
    return e->noise || e->bias_act || e->add;
}

static void run_step(gb_session *session, gb_step *step) {
    gb_plan *plan = session->plan;
    gb_node last = step->chain[step->nodes - 1];
    gb_epilogue epilogue;
    bool finishes = fill_epilogue(session, step, &epilogue);
    const gb_graph_node *head = &session->bent->graph.nodes[step->chain[0]];
    gb_truncate_live truncate = {session->now.psi, session->now.cutoff};
    gb_batch_norm_live norm = {session->now.psi_as_written};
    gb_callback_live callback = {0};
    gb_args args = {
        .out = &plan->tensor[last],
        .packed = step->packed,
        .epilogue = finishes ? &epilogue : NULL,
        .live = head->live ? head->live : step->desc.op == GB_OP_BATCH_NORM ? (const void *)&norm : &truncate,
        .version = head->version,
        .workspace = (char *)plan->arena + step->workspace,
    };
    for (int k = 0; k < step->desc.inputs; k++)
        args.in[k] = &plan->tensor[step->in[k]];
    if (step->desc.op == GB_OP_TRUNCATE && session->now.w_avg)
        args.packed = there(session, session->now.w_avg);
    double start = gb_clock();
    /* Also what runs in this thread alone flushes denormals: the bits must not depend on where a task runs. */
    uint64_t before = gb_float_state_enter();
    if (step->desc.op == GB_OP_CALLBACK) {
        callback = *(const gb_callback_live *)head->live;
        callback.float_state = before;
        args.live = &callback;
    }
    if (step->cpu->device == session->cpu.device)
        step->row->run(&session->cpu, &step->desc, &args);
    else
        gb_host_step_run(&session->cpu, step, &args, plan->scratch);
    gb_float_state_leave(before);
    step->seconds = gb_clock() - start;
}

static bool is_valid(const gb_session *session, gb_node node) {
    return session->plan->keep[node] && session->kept[node].signature == session->signature[node];
}

/* Marks the steps whose results are wanted and not there: backwards from the boundaries cut for one of `targets`.
 * Returns their arithmetic. */
static uint64_t mark_steps(gb_session *session, unsigned targets) {
    gb_plan *plan = session->plan;
    uint64_t macs = 0;
    for (int s = 0; s < plan->count; s++)
        plan->steps[s].run = false;
    for (gb_node i = 0; i < session->bent->graph.count; i++)
        if ((session->cut[i] & targets) && plan->step_of[i] >= 0 && !is_valid(session, i))
            plan->steps[plan->step_of[i]].run = true;
    for (int s = plan->count - 1; s >= 0; s--) {
        const gb_step *step = &plan->steps[s];
        if (!step->run)
            continue;
        macs += step->macs;
        for (int i = 0; i < step->nodes; i++) {
            const gb_graph_node *node = &session->bent->graph.nodes[step->chain[i]];
            for (int k = 0; k < node->inputs; k++) {
                int from = plan->step_of[node->input[k]];
                if (from >= 0 && !is_valid(session, node->input[k]))
                    plan->steps[from].run = true;
            }
        }
    }
    return macs;
}

/* What a step wrote counts from now on. */
static void settle_step(gb_session *session, const gb_step *step) {
    gb_node last = step->chain[step->nodes - 1];
    session->kept[last].signature = session->plan->keep[last] ? session->signature[last] : 0;
    session->nodes_run += step->nodes;
    session->steps_run++;
}

/* On a device all steps are begun before the first has ended: nothing is between them. */
static gb_status run_steps_there(gb_session *session, gb_error *err) {
    gb_plan *plan = session->plan;
    gb_status status = gb_work_stopped(&session->work) ? gb_work_cancelled(err) : GB_OK;
    for (int s = 0; s < plan->count && !status; s++) {
        plan->steps[s].seconds = 0;
        if (plan->steps[s].run)
            session->kept[plan->steps[s].chain[plan->steps[s].nodes - 1]].signature = 0;
    }
    if (!status)
        status = gb_device_steps(session, run_step, err);
    for (int s = 0; s < plan->count && !status; s++)
        if (plan->steps[s].run)
            settle_step(session, &plan->steps[s]);
    if (!status && session->progress)
        session->progress(session->progress_arg, 1);
    return status;
}

static gb_status run_steps(gb_session *session, unsigned targets, gb_error *err) {
    gb_plan *plan = session->plan;
    uint64_t macs = mark_steps(session, targets), done = 0;
    gb_status status = GB_OK;
    session->nodes_run = session->steps_run = 0;
    if (session->cpu.device)
        return run_steps_there(session, err);
    for (int s = 0; s < plan->count && !status; s++) {
        gb_step *step = &plan->steps[s];
        gb_node last = step->chain[step->nodes - 1];
        step->seconds = 0;
        if (!step->run)
            continue;
        if (gb_work_stopped(&session->work)) {
            status = gb_work_cancelled(err);
            break;
        }
        session->kept[last].signature = 0;
        run_step(session, step);
        settle_step(session, step);
        done += step->macs;
        if (session->progress)
            session->progress(session->progress_arg, macs ? (double)done / (double)macs : 1);
    }
    return status;
}

static gb_status plan_and_run(gb_session *session, unsigned targets, gb_error *err) {
    session->rendered = false;
    session->work.done = 0;
    gb_status status = bend_graph(session, err);
    if (status)
        return status;
    sign(session);
    watch_moves(session);
    status = ensure_plan(session, targets, err);
    if (!status)
        status = place_given(session, err);
    if (!status)
        status = run_steps(session, targets, err);
    if (status)
        return status;
    memcpy(session->last_signature, session->signature, (size_t)session->bent->graph.count * sizeof *session->signature);
    session->rendered = (targets & GB_CUT_TAP) != 0;
    return GB_OK;
}

/* The value of a node of the bent graph as [batch, shape…]. */
static gb_status hand_over(gb_session *session, gb_node node, float *out, gb_error *err) {
    const gb_tensor *tensor = &session->plan->tensor[node];
    gb_tensor_to_nchw(&session->cpu, tensor, out);
    /* A map shared by the batch is handed over as each sample sees it. */
    size_t floats = (size_t)tensor->shape.c * (size_t)tensor->shape.h * (size_t)tensor->shape.w;
    for (int i = tensor->shape.n; i < session->options.batch; i++)
        memcpy(out + (size_t)i * floats, out, floats * sizeof *out);
    return gb_device_wait(session, err);
}

/* Everything but handing the picture over. A cancel that came too late is not for the next render. */
static gb_status render(gb_session *session, unsigned targets, gb_error *err) {
    gb_status status = plan_and_run(session, targets, err);
    atomic_store(&session->cancel, false);
    return status;
}

gb_status gb_session_render(gb_session *session, float *image, gb_error *err) {
    gb_status status = render(session, GB_CUT_TAP | (image ? GB_CUT_IMAGE : 0), err);
    if (status || !image)
        return status ? status : gb_device_wait(session, err);
    return hand_over(session, session->bent->graph.output, image, err);
}

/* The picture's channels: 1 (grey), 3 (RGB) or 4 (RGBA). */
static gb_status picture_shape(const gb_session *session, int64_t shape[3], gb_error *err) {
    gb_model_output_shape(session->model, shape);
    if (session->graph->nodes[session->graph->output].ndim != 3 || (shape[0] != 1 && shape[0] != 3 && shape[0] != 4))
        return gb_fail(err, GB_BAD_ARGUMENT, "the output has %lld channels; pictures have 1 (grey), 3 (RGB) or 4 (RGBA)",
                       (long long)shape[0]);
    return GB_OK;
}

/* Renders into 8 bits: as many channels as there are, or (`shown`) three. */
static gb_status render_bytes(gb_session *session, bool shown, uint8_t *bytes, gb_error *err) {
    int64_t shape[3];
    gb_status status = picture_shape(session, shape, err);
    if (!status)
        status = render(session, GB_CUT_TAP | GB_CUT_IMAGE, err);
    if (status)
        return status;
    int channels = (int)shape[0];
    size_t plane = (size_t)shape[1] * (size_t)shape[2], samples = (size_t)session->options.batch;
    const gb_tensor *out = &session->plan->tensor[session->bent->graph.output];
    if (session->cpu.device && channels == 3) {
        session->cpu.device->to_rgb(session->cpu.stream, out, bytes);
        return gb_device_wait(session, err);
    }
    const float *image = out->data;     /* fewer than eight channels are always planar */
    float *fetched = NULL;
    if (session->cpu.device) {
        fetched = malloc(samples * (size_t)channels * plane * sizeof *fetched);
        if (!fetched)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        status = hand_over(session, session->bent->graph.output, fetched, err);
        image = fetched;
    }
    for (size_t i = 0; !status && i < samples; i++) {
        const float *sample = image + i * (size_t)channels * plane;
        if (channels == 3 || !shown)
            gb_image_to_pixels(sample, channels, plane, bytes + i * (size_t)channels * plane);
        else
            gb_image_to_shown(sample, channels, (int)shape[1], (int)shape[2], bytes + i * 3 * plane);
    }
    free(fetched);
    return status;
}

gb_status gb_session_render_rgb(gb_session *session, uint8_t *rgb, gb_error *err) {
    return render_bytes(session, true, rgb, err);
}

gb_status gb_session_render_pixels(gb_session *session, uint8_t *pixels, gb_error *err) {
    return render_bytes(session, false, pixels, err);
}

gb_status gb_session_preview(gb_session *session, int height, float *image, gb_error *err) {
    gb_node node;
    gb_shape shape = {0};
    for (int i = 0; (node = gb_graph_find_role(session->graph, GB_ROLE_IMAGE, i)) != GB_NO_NODE; i++) {
        shape = gb_node_shape(&session->graph->nodes[node]);
        if (shape.h == height)
            break;
    }
    bool picture = shape.c == 1 || shape.c == 3 || shape.c == 4;
    if (node == GB_NO_NODE || !picture || shape.c != gb_node_shape(&session->graph->nodes[session->graph->output]).c)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no running picture of height %d", height);
    session->preview = node;
    gb_status status = render(session, GB_CUT_PREVIEW, err);
    return status ? status : hand_over(session, session->bent->value[node], image, err);
}

gb_status gb_session_render_png(gb_session *session, const char *path, gb_error *err) {
    int64_t shape[3];
    gb_model_output_shape(session->model, shape);
    uint8_t *pixels = malloc((size_t)session->options.batch * (size_t)(shape[0] * shape[1] * shape[2]));
    if (!pixels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    char checksum[16];
    snprintf(checksum, sizeof checksum, "%08x", (unsigned)session->model->checksum);
    gb_text texts[] = {{"Software", "ganbend"}, {"ganbend.version", gb_version()}, {"ganbend.model", checksum}};
    gb_status status = gb_session_render_pixels(session, pixels, err);
    if (!status)
        status = gb_png_write_pixels(path, (int)shape[2], (int)shape[1], (int)shape[0], pixels, texts, 3, err);
    free(pixels);
    return status;
}

/* ------------------------------------------------------------------------------------------------ what it left */

gb_status gb_session_read(gb_session *session, gb_node node, float *out, gb_error *err) {
    if (node < 0 || node >= session->graph->count)
        return gb_fail(err, GB_BAD_ARGUMENT, "node %d is none of this network", node);
    const gb_graph_node *n = &session->graph->nodes[node];
    gb_node value = session->bent->value[node];
    if (!session->rendered || !(session->cut[value] & GB_CUT_TAP))
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' was not tapped when this was rendered", n->name);
    return hand_over(session, value, out, err);
}

void gb_session_cancel(gb_session *session) {
    atomic_store(&session->cancel, true);
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
