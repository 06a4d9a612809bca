/* Makes plans: finds the nodes that are needed, fuses them into steps, and places their buffers. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/graph/device_memory.h"
#include "followers.h"
#include "host_step.h"
#include "ops/batch_norm.h"
#include "place.h"

enum { ALIGNMENT = 64 };

/* Stages of the epilogue (ops.h): a node fuses behind nodes of a lower stage of its round. */
enum { NO_STAGE, NORM_STAGE, NOISE_STAGE, ACT_STAGE, ADD_STAGE };

static int stage(const gb_graph_node *node) {
    if (node->is_input)
        return NO_STAGE;
    switch (node->desc.op) {
    case GB_OP_BATCH_NORM: return node->desc.batch_norm.own ? NO_STAGE : NORM_STAGE;
    case GB_OP_NOISE: return NOISE_STAGE;
    case GB_OP_BIAS_ACT: return ACT_STAGE;
    case GB_OP_ADD: return ADD_STAGE;
    default: return NO_STAGE;
    }
}

/* ------------------------------------------------------------------------------------------------ steps */

typedef struct planner {
    const gb_plan_request *request;
    const gb_graph *graph;
    const gb_cpu *cpu;
    gb_plan *plan;
    bool *absorbed;
    int *uses;                  /* per node: the number of needed nodes that read it */
    gb_node *user;              /* per node: the last of them */
    bool *in_place;             /* per node: a select that its readers do without */
    int *last_read;             /* per node: the last launch that reads it; 0 if no launch does */
} planner;

static bool is_source(const planner *m, gb_node node) {
    return m->graph->nodes[node].is_input || (m->request->cut[node] & GB_CUT_FEED);
}

/* Marks the nodes that are read, backwards from the observed boundaries to the sources. */
static void find_needed(planner *m) {
    for (gb_node i = m->graph->count - 1; i >= 0; i--) {
        const gb_graph_node *node = &m->graph->nodes[i];
        m->plan->read[i] |= (m->request->cut[i] & GB_CUT_OBSERVED) != 0;
        if (!m->plan->read[i] || is_source(m, i))
            continue;
        for (int k = 0; k < node->inputs; k++) {
            m->plan->read[node->input[k]] = true;
            m->uses[node->input[k]]++;
            m->user[node->input[k]] = i;
        }
    }
}

/* The node that can be fused behind `last`, or GB_NO_NODE. `done` is the stage of `last` in round *round, which is
 * increased if the node begins the second one: with an activation. The rows of devices have one round without batch
 * norm. */
static gb_node fusable(const planner *m, gb_node last, int done, int *round) {
    if (m->request->cut[last] || m->uses[last] != 1)
        return GB_NO_NODE;
    gb_node next = m->user[last];
    const gb_graph_node *node = &m->graph->nodes[next];
    int at = stage(node);
    if (at == NO_STAGE || gb_main_input(node) != last || is_source(m, next))
        return GB_NO_NODE;
    if (at > done)
        return at > NORM_STAGE || !m->cpu->device ? next : GB_NO_NODE;
    if (at != ACT_STAGE || *round + 1 == GB_ROUNDS || m->cpu->device)
        return GB_NO_NODE;
    ++*round;
    return next;
}

static gb_shape batched(const planner *m, gb_node node) {
    gb_shape shape = gb_node_shape(&m->graph->nodes[node]);
    shape.n = m->graph->nodes[node].for_batch ? 1 : m->request->batch;
    shape.block = gb_block(m->cpu, shape.c, shape.h, shape.w);
    return shape;
}

/* The only node that reads `node`, if it has this operation and the boundary between them is not cut. */
static gb_node only_user(const planner *m, gb_node node, gb_op_id op) {
    gb_node user = m->user[node];
    bool alone = m->uses[node] == 1 && !m->request->cut[node] && !is_source(m, user);
    return alone && m->graph->nodes[user].desc.op == op ? user : GB_NO_NODE;
}

/* Scores, softmax and mix in sequence run as one attention step, which never stores the matrix of scores. */
static void match_attention(planner *m, gb_step *step) {
    gb_node scores = step->chain[0];
    gb_node softmax = only_user(m, scores, GB_OP_SOFTMAX);
    gb_node mix = softmax != GB_NO_NODE ? only_user(m, softmax, GB_OP_MIX) : GB_NO_NODE;
    if (mix == GB_NO_NODE || m->graph->nodes[mix].input[1] != softmax)
        return;
    /* The output has the shape of the queries' map, unless the mix has another map with as many pixels as its
     * `like`. */
    gb_shape queries = gb_node_shape(&m->graph->nodes[step->in[0]]), out = gb_node_shape(&m->graph->nodes[mix]);
    if (queries.h != out.h || queries.w != out.w)
        return;
    step->chain[1] = softmax;
    step->chain[2] = mix;
    step->nodes = 3;
    step->desc.op = GB_OP_ATTENTION;
    step->desc.inputs = 3;
    step->in[2] = m->graph->nodes[mix].input[0];
    m->absorbed[softmax] = m->absorbed[mix] = true;
}

/* On a device, dense layers read the w of a layer where it is in ws. Finds the selects that need no step: those that are
 * only read by dense layers, unless the boundary between them is cut. */
static void find_in_place(planner *m) {
    if (!m->cpu->device)
        return;
    for (gb_node i = 0; i < m->graph->count; i++)
        m->in_place[i] = m->plan->read[i] && !is_source(m, i) && m->graph->nodes[i].desc.op == GB_OP_SELECT &&
                         !m->request->cut[i];
    for (gb_node i = 0; i < m->graph->count; i++) {
        const gb_graph_node *node = &m->graph->nodes[i];
        for (int k = 0; m->plan->read[i] && !is_source(m, i) && k < node->inputs; k++)
            m->in_place[node->input[k]] &= node->desc.op == GB_OP_LINEAR;
    }
    for (gb_node i = 0; i < m->graph->count; i++)
        m->absorbed[i] |= m->in_place[i];
}

/* Makes such a select part of the step of a dense layer, whose weights are packed. */
static void read_in_place(const planner *m, gb_step *step) {
    gb_node select = step->in[0];
    const gb_graph_node *node = &m->graph->nodes[select];
    memmove(step->chain + 1, step->chain, (size_t)step->nodes * sizeof *step->chain);
    step->chain[0] = select;
    step->nodes++;
    step->in[0] = node->input[0];
    step->desc.in[0] = m->plan->tensor[step->in[0]].shape;
    step->desc.linear.selects = true;
    step->desc.linear.row = node->desc.select.row;
}

/* If only the first channels of a convolution are ever read, the others need not be computed. (BigGAN-deep's last
 * convolution has 128 channels for three colours.) */
static void match_slice(const planner *m, gb_step *step) {
    gb_node slice = only_user(m, step->chain[step->nodes - 1], GB_OP_SLICE);
    if (slice != GB_NO_NODE && m->graph->nodes[slice].desc.slice.from == 0)
        step->desc.conv.wanted = m->graph->nodes[slice].desc.slice.count;
}

/* Host fallback for a step for which the device has no row; its shapes are in the host's layout. */
static bool use_host(const planner *m, gb_step *step, char *why, size_t why_size) {
    gb_desc *d = &step->desc;
    step->cpu = &m->request->model->context->cpu;
    for (int k = 0; k < d->inputs; k++)
        d->in[k].block = gb_block(step->cpu, d->in[k].c, d->in[k].h, d->in[k].w);
    if (!gb_op_shape(step->cpu, d, why, why_size))
        return false;
    step->row = gb_op_find(step->cpu, d);
    return true;
}

/* Finds the operands of an epilogue of these nodes. The weights are those of the model's nodes, as bends may drop
 * them. */
static gb_status find_stages(const planner *m, const gb_node *chain, int nodes, gb_stages *s, gb_error *err) {
    gb_model *model = m->request->model;
    gb_weights *weights = &model->weights;
    gb_own_weights *own = m->request->own;
    gb_status status = GB_OK;
    *s = (gb_stages){.norm = GB_NO_NODE, .noise = GB_NO_NODE, .bias_act = GB_NO_NODE, .add = GB_NO_NODE,
                     .summand = GB_NO_NODE};
    for (int i = 0; i < nodes && !status; i++) {
        if (chain[i] == GB_NO_NODE)
            continue;
        const gb_graph_node *node = &m->graph->nodes[chain[i]], *base = &model->graph->nodes[node->base];
        switch (node->desc.op) {
        case GB_OP_BATCH_NORM:
            s->norm = chain[i];
            break;
        case GB_OP_NOISE:
            s->noise = chain[i];
            status = gb_weights_floats(weights, own, base->strength, 1, &s->strength, err);
            break;
        case GB_OP_BIAS_ACT:
            s->bias_act = chain[i];
            if (base->bias)
                status = gb_weights_device_floats(weights, own, base->bias, base->bias_gain, &s->bias, err);
            if (base->scale && !status)
                status = gb_weights_floats(weights, own, base->scale, 1, &s->scale, err);
            break;
        case GB_OP_ADD:
            s->add = chain[i];
            s->summand = node->input[node->input[0] == gb_main_input(node) ? 1 : 0];
            break;
        default:
            break;
        }
    }
    return status;
}

/* Finds shapes and weights of the batch norm in the epilogue. Its factors do not depend on the row: all rows of the host
 * have the weights of the plain one. */
static gb_status find_norm(const planner *m, gb_step *step, gb_error *err) {
    gb_step_norm *norm = &step->norm;
    const gb_graph_node *node = &m->graph->nodes[step->stages[0].norm];
    char why[256];
    norm->desc = node->desc;
    for (int k = 0; k < norm->desc.inputs; k++)
        norm->desc.in[k] = m->plan->tensor[node->input[k]].shape;
    if (!gb_op_shape(step->cpu, &norm->desc, why, sizeof why))
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %s", node->name, why);
    return gb_weights_pack(&m->request->model->weights, m->request->own, node, step->cpu,
                           gb_op_find(step->cpu, &norm->desc), &norm->desc, &norm->packed, err);
}

/* Fuses the nodes that follow the head, and finds the operands of their stages. */
static gb_status fuse(planner *m, gb_step *step, gb_error *err) {
    int round = 0, heads = step->nodes, first[GB_ROUNDS + 1];
    gb_node next, last = step->chain[step->nodes - 1];
    bool own_stage = heads == 1 && stage(&m->graph->nodes[last]) > NORM_STAGE;  /* the head is a stage itself */
    first[0] = own_stage ? 0 : heads;
    for (int before = round; step->row->fuses && step->cpu == m->cpu; before = round) {
        next = fusable(m, last, stage(&m->graph->nodes[last]), &round);
        if (next == GB_NO_NODE)
            break;
        if (round > before)
            first[round] = step->nodes;
        step->chain[step->nodes++] = last = next;
        m->absorbed[next] = true;
    }
    gb_status status = GB_OK;
    first[round + 1] = step->nodes;
    for (int k = 0; k < GB_ROUNDS && !status; k++) {
        int from = k > round ? step->nodes : first[k], to = k > round ? step->nodes : first[k + 1];
        status = find_stages(m, step->chain + from, to - from, &step->stages[k], err);
    }
    return status || step->stages[0].norm == GB_NO_NODE ? status : find_norm(m, step, err);
}

static gb_status make_step(planner *m, gb_node head, gb_error *err) {
    gb_plan *plan = m->plan;
    const gb_graph_node *node = &m->graph->nodes[head];
    gb_step *step = &plan->steps[plan->count];
    char why[256];
    *step = (gb_step){.chain = {head}, .nodes = 1, .desc = node->desc};
    step->desc.out.n = m->request->batch;
    memcpy(step->in, node->input, sizeof step->in);
    if (node->desc.op == GB_OP_ADD) {
        step->in[0] = gb_main_input(node);
        step->in[1] = node->input[node->input[0] == step->in[0] ? 1 : 0];
    }
    if (node->desc.op == GB_OP_SCORES)
        match_attention(m, step);
    for (int k = 0; k < step->desc.inputs; k++)
        step->desc.in[k] = plan->tensor[step->in[k]].shape;
    step->cpu = m->cpu;
    if (!gb_op_shape(m->cpu, &step->desc, why, sizeof why))
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %s", node->name, why);
    step->row = gb_op_find(m->cpu, &step->desc);
    if (!step->row && !use_host(m, step, why, sizeof why))
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %s", node->name, why);

    gb_status status = fuse(m, step, err);
    if (step->desc.op == GB_OP_MODULATED_CONV2D)
        match_slice(m, step);
    plan->count++;
    if (!status)
        status = gb_weights_pack(&m->request->model->weights, m->request->own, node, step->cpu, step->row, &step->desc,
                                 &step->packed, err);
    if (step->desc.op == GB_OP_LINEAR && m->in_place[step->in[0]])
        read_in_place(m, step);
    const gb_node layer[] = {node->layer_noise, node->layer_act};
    step->has_layer = node->is_adjoint && (layer[0] != GB_NO_NODE || layer[1] != GB_NO_NODE);
    return status || !step->has_layer ? status : find_stages(m, layer, 2, &step->layer, err);
}

static int by_last_node(const void *a, const void *b) {
    const gb_step *x = a, *y = b;
    return x->chain[x->nodes - 1] - y->chain[y->nodes - 1];
}

/* The least memory traffic of a step: its inputs, its packed weights and its output. */
static void count_traffic(planner *m, gb_step *step) {
    step->macs = gb_op_macs(&step->desc);
    if (step->row->packed_size)
        step->bytes += step->row->packed_size(step->cpu, &step->desc);
    for (int i = 0; i < step->nodes; i++) {
        const gb_graph_node *node = &m->graph->nodes[step->chain[i]];
        for (int k = 0; k < node->inputs; k++)
            if (i == 0 || node->input[k] != step->chain[i - 1])
                step->bytes += gb_tensor_bytes(m->cpu, &m->plan->tensor[node->input[k]].shape);
        if (node->desc.op == GB_OP_SELECT && step->nodes > 1)       /* reads one row */
            step->bytes = step->bytes - gb_tensor_bytes(m->cpu, &m->plan->tensor[node->input[0]].shape) +
                          gb_tensor_bytes(m->cpu, &m->plan->tensor[step->chain[i]].shape);
    }
    step->bytes += gb_tensor_bytes(m->cpu, &m->plan->tensor[step->chain[step->nodes - 1]].shape);
    m->plan->macs += step->macs;
}

/* Marks the output of a step that multiplies in bfloat16, or reads what such a step has written. */
static void mark_rough(planner *m, const gb_step *step) {
    bool rough = gb_op_row_is_bf16(step->row);
    for (int i = 0; i < step->nodes; i++) {
        const gb_graph_node *node = &m->graph->nodes[step->chain[i]];
        for (int k = 0; k < node->inputs; k++)
            rough |= m->plan->rough[node->input[k]];
    }
    m->plan->rough[step->chain[step->nodes - 1]] = rough;
}

static gb_status list_sources(planner *m, gb_error *err) {
    gb_plan *plan = m->plan;
    int count = 0;
    for (gb_node i = 0; i < m->graph->count; i++)
        count += plan->read[i] && is_source(m, i);
    plan->sources = calloc((size_t)count + 1, sizeof *plan->sources);
    plan->held = calloc((size_t)count + 1, sizeof *plan->held);
    if (!plan->sources || !plan->held)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; i < m->graph->count; i++)
        if (plan->read[i] && is_source(m, i))
            plan->sources[plan->source_count++].node = i;
    return GB_OK;
}

static gb_status make_steps(planner *m, gb_error *err) {
    gb_plan *plan = m->plan;
    if (gb_work_cancelled(m->request->work))
        return gb_fail_cancelled(err);
    for (gb_node i = 0; i < m->graph->count; i++)
        plan->tensor[i].shape = batched(m, i);
    find_needed(m);
    find_in_place(m);
    gb_status status = list_sources(m, err);
    if (status)
        return status;
    for (gb_node i = 0; i < m->graph->count; i++) {
        status = plan->read[i] && !is_source(m, i) && !m->absorbed[i] ? make_step(m, i, err) : GB_OK;
        if (!status && !gb_count_work(m->request->work, 1))
            status = gb_fail_cancelled(err);
        if (status)
            return status;
    }
    /* Steps are ordered by their last node, so that all operands of the chain have been computed. */
    qsort(plan->steps, (size_t)plan->count, sizeof *plan->steps, by_last_node);
    status = gb_followers_find(m->graph, m->cpu, plan->steps, plan->count, err);
    if (status)
        return status;
    for (gb_node i = 0; i < m->graph->count; i++)
        plan->step_of[i] = -1;
    for (int s = 0; s < plan->count; s++) {
        plan->step_of[plan->steps[s].chain[plan->steps[s].nodes - 1]] = s;
        count_traffic(m, &plan->steps[s]);
        mark_rough(m, &plan->steps[s]);
    }
    status = gb_launches_find(m->graph, plan->steps, plan->count, plan->step_of, plan->tensor, m->cpu,
                              m->request->purpose == GB_GRADIENT, m->request->work, &plan->launches, err);
    if (status)
        return status;
    size_t most = (size_t)plan->launches.most + 1;
    plan->runs = calloc((1 + GB_MOST_FOLLOWERS) * most, sizeof *plan->runs);
    plan->uses = calloc(most, sizeof *plan->uses);
    plan->marked = calloc(most, sizeof *plan->marked);
    return plan->runs && plan->uses && plan->marked ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------------------------------------ kept boundaries */

typedef struct candidate {
    gb_node node;
    double worth;               /* multiply-adds saved per byte */
} candidate;

static int by_worth(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    return x->worth != y->worth ? (x->worth < y->worth) - (x->worth > y->worth) : x->node - y->node;
}

static size_t node_bytes(const gb_plan *plan, gb_node node) {
    return gb_tensor_bytes(plan->cpu, &plan->tensor[node].shape);
}

/* A source needs its own buffer if kernels cannot read the user's data directly: on a device they never can. */
static bool needs_own_buffer(const planner *m, gb_node node) {
    return is_source(m, node) && (m->cpu->device || m->plan->tensor[node].shape.block > 1 ||
                                  (m->request->cut[node] & GB_CUT_REPEATED));
}

/* Chooses the boundaries to keep: sources that need their own buffer, inputs of nodes that are being edited, and for an
 * interactive session, within its budget, the boundaries that save the most arithmetic per byte. */
static gb_status choose_kept(planner *m, gb_error *err) {
    gb_plan *plan = m->plan;
    for (gb_node i = 0; i < m->graph->count; i++)
        plan->keep[i] = plan->read[i] && (needs_own_buffer(m, i) ||
                                          (plan->step_of[i] >= 0 && (m->request->cut[i] & GB_CUT_BEFORE_EDIT)));
    for (gb_node i = 0; i < m->graph->count; i++)
        plan->kept_bytes += plan->keep[i] ? node_bytes(plan, i) : 0;
    if (m->request->purpose != GB_INTERACTIVE)
        return GB_OK;

    candidate *list = malloc(((size_t)plan->count + 1) * sizeof *list);
    if (!list)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int s = 0; s < plan->count; s++) {
        const gb_step *step = &plan->steps[s];
        gb_node last = step->chain[step->nodes - 1];
        list[s] = (candidate){last, (double)(step->macs + 1) / (double)(node_bytes(plan, last) + 1)};
    }
    qsort(list, (size_t)plan->count, sizeof *list, by_worth);
    for (int s = 0; s < plan->count; s++) {
        size_t bytes = node_bytes(plan, list[s].node);
        const gb_desc *desc = &plan->steps[plan->step_of[list[s].node]].desc;
        if (desc->op == GB_OP_MODULATED_CONV2D && desc->conv.wanted)
            continue;                       /* some of its channels are not computed */
        if (plan->keep[list[s].node] || plan->kept_bytes + bytes > m->request->keep_bytes)
            continue;
        plan->keep[list[s].node] = true;
        plan->kept_bytes += bytes;
    }
    free(list);
    return GB_OK;
}

/* The output of a step that only its follower reads has no memory. */
static void find_unstored(planner *m) {
    for (int s = 0; s < m->plan->count; s++) {
        gb_step *step = &m->plan->steps[s];
        gb_node last = step->chain[step->nodes - 1];
        if (!step->followed || m->uses[last] != 1 || (m->request->cut[last] & GB_CUT_OBSERVED) || m->plan->keep[last])
            continue;
        step->desc.unstored = true;
        step->bytes -= node_bytes(m->plan, last);
        step[1].bytes -= node_bytes(m->plan, last);
    }
}

/* ------------------------------------------------------------------------------------------------ arena */

static size_t aligned(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Finds for every node the last launch that reads it. */
static void find_last_reads(planner *m) {
    const gb_plan *plan = m->plan;
    for (int s = 0; s < plan->count; s++)
        for (int i = 0; i < plan->steps[s].nodes; i++) {
            const gb_graph_node *reader = &m->graph->nodes[plan->steps[s].chain[i]];
            for (int k = 0; k < reader->inputs; k++)
                if (m->last_read[reader->input[k]] < plan->steps[s].at)
                    m->last_read[reader->input[k]] = plan->steps[s].at;
        }
}

/* The last launch that needs the output of a step. Observed boundaries are needed until the end of the render. */
static int last_use(const planner *m, const gb_step *step) {
    gb_node node = step->chain[step->nodes - 1];
    if (m->request->cut[node] & GB_CUT_OBSERVED)
        return m->plan->launches.count;
    return m->last_read[node] > step->at ? m->last_read[node] : step->at;
}

/* What a span is for: its owner is OWNERS times the node or the step, plus one of these. */
enum { OUTPUT_OF_NODE, WORKSPACE_OF_STEP, PREPARED_OF_STEP, OWNERS };

/* Points the boundaries in the arena to it. */
static void point_to_arena(const planner *m) {
    gb_plan *plan = m->plan;
    for (gb_node i = 0; i < m->graph->count; i++)
        if (plan->step_of[i] >= 0 && !plan->keep[i] && !plan->steps[plan->step_of[i]].desc.unstored)
            plan->tensor[i].data = (float *)(void *)((char *)plan->arena + plan->offset[i]);
}

/* Memory of the plan's own, or the shared arena, which grows, and shrinks if no plan needs half of it. NULL if out of
 * memory. */
static void *arena_memory(const planner *m, size_t bytes) {
    gb_arena *arena = m->request->arena;
    size_t most = bytes > m->request->arena_needs ? bytes : m->request->arena_needs;
    if (!arena)
        return gb_memory_alloc(m->cpu, bytes);
    if (arena->bytes < bytes || arena->bytes / 2 > most) {
        gb_memory_free(m->cpu, arena->memory);
        arena->memory = gb_memory_alloc(m->cpu, bytes);
        arena->bytes = arena->memory ? bytes : 0;
    }
    return arena->memory;
}

static gb_status no_arena(const planner *m, size_t bytes, gb_error *err) {
    return gb_fail(err, GB_NO_MEMORY, "out of memory%s%s: the buffers need %zu MB", m->cpu->device ? " on " : "",
                   m->cpu->device ? m->cpu->device->name : "", bytes >> 20);
}

static void place_span(gb_plan *plan, const gb_span *span) {
    int of = span->owner / OWNERS;
    if (span->owner % OWNERS == OUTPUT_OF_NODE) {
        plan->offset[of] = span->offset;
    } else if (span->owner % OWNERS == PREPARED_OF_STEP) {
        plan->steps[of].prepared = span->offset;
    } else {
        plan->steps[of].workspace = span->offset;
        plan->steps[of].norm.workspace += span->offset;
    }
}

static gb_status make_arena(planner *m, gb_error *err) {
    gb_plan *plan = m->plan;
    gb_span *spans = malloc((3 * (size_t)plan->count + 1) * sizeof *spans);
    gb_status status = GB_OK;
    size_t scratch_bytes = 0;
    int count = 0;
    if (!spans)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    find_last_reads(m);
    for (int s = 0; s < plan->count; s++) {
        gb_step *step = &plan->steps[s];
        gb_node last = step->chain[step->nodes - 1];
        const gb_step *first = step;                /* the one that it may run with */
        while (first > plan->steps && first[-1].followed)
            first--;
        int from = first->at;
        if (!plan->keep[last] && !step->desc.unstored)
            spans[count++] = (gb_span){aligned(node_bytes(plan, last)), 0, from, last_use(m, step),
                                       OWNERS * last + OUTPUT_OF_NODE};
        if (step->prepared_at >= 0)
            spans[count++] = (gb_span){aligned(step->row->prepared_size(step->cpu, &step->desc)), 0, step->prepared_at,
                                       step->at, OWNERS * s + PREPARED_OF_STEP};
        size_t workspace = step->row->workspace ? step->row->workspace(step->cpu, &step->desc) : 0;
        if (step->stages[0].norm != GB_NO_NODE) {
            step->norm.workspace = aligned(workspace);      /* behind that of the row */
            workspace = step->norm.workspace + gb_batch_norm_workspace(step->cpu, &step->norm.desc);
        }
        if (step->cpu != m->cpu)
            scratch_bytes = gb_host_step_bytes(step) > scratch_bytes ? gb_host_step_bytes(step) : scratch_bytes;
        else if (workspace)
            spans[count++] = (gb_span){aligned(workspace), 0, from, step->at, OWNERS * s + WORKSPACE_OF_STEP};
    }
    if ((status = gb_place(spans, count, m->request->work, &plan->arena_bytes, err)))
        goto out;
    plan->arena = arena_memory(m, plan->arena_bytes + ALIGNMENT);
    plan->shares_arena = m->request->arena != NULL;
    if (scratch_bytes)
        plan->scratch = gb_aligned_alloc_with(m->cpu->allocator, scratch_bytes);
    if (!plan->arena || (scratch_bytes && !plan->scratch)) {
        status = no_arena(m, plan->arena_bytes + scratch_bytes, err);
        goto out;
    }
    for (int i = 0; i < count; i++)
        place_span(plan, &spans[i]);
    point_to_arena(m);
out:
    free(spans);
    return status;
}

/* Allocates boundaries that are newly kept, then frees those that are no longer kept. */
static gb_status allocate_kept(planner *m, gb_kept *kept, gb_error *err) {
    gb_plan *plan = m->plan;
    for (gb_node i = 0; i < m->graph->count; i++) {
        size_t floats = gb_shape_floats(&plan->tensor[i].shape);
        if (!plan->keep[i] || kept[i].floats == floats)
            continue;
        float *data = gb_memory_alloc(m->cpu, gb_tensor_bytes(m->cpu, &plan->tensor[i].shape));
        if (!data)
            return gb_fail(err, GB_NO_MEMORY, "out of memory%s%s: kept boundaries need %zu MB",
                           m->cpu->device ? " on " : "", m->cpu->device ? m->cpu->device->name : "",
                           plan->kept_bytes >> 20);
        gb_memory_free(m->cpu, kept[i].data);
        kept[i] = (gb_kept){data, floats, 0};
    }
    for (gb_node i = 0; i < m->graph->count; i++) {
        if (plan->keep[i]) {
            plan->tensor[i].data = kept[i].data;
        } else if (kept[i].data) {
            gb_memory_free(m->cpu, kept[i].data);
            kept[i] = (gb_kept){0};
        }
    }
    return GB_OK;
}

gb_status gb_plan_new(const gb_plan_request *request, gb_kept *kept, gb_plan **out, gb_error *err) {
    const gb_graph *graph = request->graph;
    size_t nodes = (size_t)graph->count;
    gb_plan *plan = calloc(1, sizeof *plan);
    planner m = {.request = request, .graph = graph, .cpu = request->cpu, .plan = plan};
    gb_status status = GB_OK;
    m.absorbed = calloc(nodes, sizeof *m.absorbed);
    m.uses = calloc(nodes, sizeof *m.uses);
    m.user = calloc(nodes, sizeof *m.user);
    m.in_place = calloc(nodes, sizeof *m.in_place);
    m.last_read = calloc(nodes, sizeof *m.last_read);
    if (plan) {
        plan->batch = request->batch;
        plan->cpu = m.cpu;
        plan->serial = gb_model_serial(request->model);
        plan->steps = calloc(nodes, sizeof *plan->steps);
        plan->step_of = calloc(nodes, sizeof *plan->step_of);
        plan->tensor = calloc(nodes, sizeof *plan->tensor);
        plan->keep = calloc(nodes, sizeof *plan->keep);
        plan->read = calloc(nodes, sizeof *plan->read);
        plan->rough = calloc(nodes, sizeof *plan->rough);
        plan->cut = malloc(nodes * sizeof *plan->cut);
        plan->offset = calloc(nodes, sizeof *plan->offset);
    }
    if (!plan || !plan->steps || !plan->step_of || !plan->tensor || !plan->keep || !plan->read || !plan->rough || !plan->cut ||
        !plan->offset || !m.absorbed || !m.uses || !m.user || !m.in_place || !m.last_read)
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        memcpy(plan->cut, request->cut, nodes * sizeof *plan->cut);
    if (!status)
        status = make_steps(&m, err);
    gb_weights_end_packing(&request->model->weights);
    if (!status)
        status = choose_kept(&m, err);
    if (!status) {
        find_unstored(&m);
        status = make_arena(&m, err);
    }
    if (!status)
        status = allocate_kept(&m, kept, err);
    free(m.absorbed);
    free(m.uses);
    free(m.user);
    free(m.in_place);
    free(m.last_read);
    if (status)
        gb_plan_free(plan);
    else
        *out = plan;
    return status;
}

gb_status gb_plan_attach(const gb_plan_request *request, gb_plan *plan, gb_kept *kept, gb_error *err) {
    planner m = {.request = request, .graph = request->graph, .cpu = plan->cpu, .plan = plan};
    void *arena = arena_memory(&m, plan->arena_bytes + ALIGNMENT);
    bool moved = arena != plan->arena;
    if (!arena)
        return no_arena(&m, plan->arena_bytes, err);
    for (gb_node i = 0; i < m.graph->count; i++)
        moved |= plan->keep[i] && kept[i].data != plan->tensor[i].data;
    plan->arena = arena;
    point_to_arena(&m);
    if (moved)
        plan->serial = gb_model_serial(request->model);
    return allocate_kept(&m, kept, err);
}

void gb_plan_free(gb_plan *plan) {
    if (!plan)
        return;
    free(plan->steps);
    gb_launches_free(&plan->launches);
    free(plan->runs);
    free(plan->uses);
    free(plan->marked);
    free(plan->step_of);
    free(plan->tensor);
    free(plan->keep);
    free(plan->read);
    free(plan->rough);
    free(plan->cut);
    for (int i = 0; i < plan->source_count; i++)
        gb_shared_value_release(plan->held[i]);
    free(plan->sources);
    free(plan->held);
    free(plan->offset);
    if (!plan->shares_arena)
        gb_memory_free(plan->cpu, plan->arena);
    gb_aligned_free(plan->scratch);
    free(plan);
}
