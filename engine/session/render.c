/* Runs the steps of a session's plan whose outputs are needed and not valid. */
#include "render.h"

#include <string.h>

#include "device.h"
#include "engine/base/error.h"
#include "followers.h"
#include "host_step.h"
#include "ops/batch_norm.h"
#include "ops/float_state.h"
#include "prepare.h"

/* ------------------------------------------------------------------------------------------------ running */

/* The data of a value in the processor's memory. */
static const float *processor_data(const gb_session *session, const gb_shared_value *given) {
    if (!session->cpu.device)
        return given->data;
    return session->cpu.device->mirror(session->cpu.stream, given->data, given->floats * sizeof *given->data, given->id);
}

/* Fills in one round of an epilogue with the current settings. False if it is empty. */
static bool fill_epilogue(const gb_session *session, const gb_stages *s, gb_epilogue *e) {
    const gb_graph_node *nodes = session->bent->graph.nodes;
    *e = (gb_epilogue){.gain = 1, .clamp = -1};
    if (s->noise != GB_NO_NODE && !session->now.noise_off) {
        const gb_graph_node *node = &nodes[s->noise];
        const gb_tensor *map = &session->plan->tensor[node->input[1]];
        int samples = node->noise_map ? node->noise_map->samples : map->shape.n;
        e->noise = node->noise_map ? processor_data(session, node->noise_map) : map->data;
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

static bool has_statistics(gb_op_id op) {
    return op == GB_OP_BATCH_NORM || op == GB_OP_BATCH_NORM_GRAD || op == GB_OP_BATCH_NORM_DOT ||
           op == GB_OP_NORM_GAIN_GRAD;
}

/* Computes the factors of the batch norm in a step's epilogue. */
static const float *prepare_norm(const gb_session *session, const gb_step *step, const gb_batch_norm_live *live) {
    const gb_plan *plan = session->plan;
    const gb_graph_node *node = &session->bent->graph.nodes[step->stages[0].norm];
    gb_args args = {.packed = step->norm.packed, .live = live, .workspace = (char *)plan->arena + step->norm.workspace};
    for (int k = 0; k < step->norm.desc.inputs; k++)
        args.in[k] = &plan->tensor[node->input[k]];
    gb_batch_norm_prepare(step->cpu, &step->norm.desc, &args);
    return args.workspace;
}

/* Fills in the arguments of a step with the current settings. */
static void fill_arguments(gb_session *session, const gb_step *step, gb_step_run *r) {
    gb_plan *plan = session->plan;
    const gb_graph_node *head = &session->bent->graph.nodes[step->chain[0]];
    bool finishes = fill_epilogue(session, &step->stages[0], &r->epilogue);
    r->truncate = (gb_truncate_live){session->now.psi, session->now.cutoff};
    r->norm = (gb_batch_norm_live){session->now.psi_as_written};
    r->args = (gb_args){
        .out = &plan->tensor[step->chain[step->nodes - 1]],
        .packed = step->packed,
        .epilogue = finishes ? &r->epilogue : NULL,
        .live = head->live ? head->live : has_statistics(step->desc.op) ? (const void *)&r->norm : &r->truncate,
        .version = head->version,
        .workspace = (char *)plan->arena + step->workspace,
        .prepared = step->prepared_at >= 0 ? (char *)plan->arena + step->prepared : NULL,
    };
    if (fill_epilogue(session, &step->stages[1], &r->then)) {
        r->epilogue.then = &r->then;
        r->args.epilogue = &r->epilogue;
    }
    if (step->has_layer) {
        fill_epilogue(session, &step->layer, &r->layer);
        r->args.live = &r->layer;
    }
    for (int k = 0; k < step->desc.inputs; k++)
        r->args.in[k] = &plan->tensor[step->in[k]];
    if (step->desc.op == GB_OP_TRUNCATE && session->now.w_avg)
        r->args.packed = processor_data(session, session->now.w_avg);
}

/* What needs the floating-point state of kernels; `before` is the caller's. */
static void finish_arguments(const gb_session *session, const gb_step *step, uint64_t before, gb_step_run *r) {
    if (step->desc.op == GB_OP_CALLBACK) {
        r->callback = *(const gb_callback_live *)session->bent->graph.nodes[step->chain[0]].live;
        r->callback.float_state = before;
        r->args.live = &r->callback;
    }
    if (step->stages[0].norm != GB_NO_NODE) {
        r->epilogue.norm = prepare_norm(session, step, &r->norm);
        r->epilogue.norm_channels = step->norm.desc.out.c;
        r->args.epilogue = &r->epilogue;
    }
}

/* Fills in the arguments of a step's follower, and points those of the step to them. */
static void fill_follower(gb_session *session, const gb_step *follower, gb_step_run *next, gb_step_run *r) {
    fill_arguments(session, follower, next);
    r->follower = (gb_use){follower->row, &follower->desc, &next->args};
    r->args.follower = &r->follower;
}

/* The runs of the followers of member i of a launch. */
static gb_step_run *followers_of(const gb_plan *plan, int i) {
    return plan->runs + plan->launches.most + i * GB_MOST_FOLLOWERS;
}

/* A gb_launch_runner. */
static void run_launch(gb_session *session, gb_step *const *steps, int count, bool prepares) {
    gb_plan *plan = session->plan;
    const gb_step *first = steps[0];
    for (int i = 0; i < count; i++) {
        gb_step_run *r = &plan->runs[i], *next = followers_of(plan, i);
        fill_arguments(session, steps[i], r);
        for (gb_step *f = prepares ? NULL : gb_step_follower(steps[i]); f; f = gb_step_follower(f), r = next++)
            fill_follower(session, f, next, r);
    }
    /* Denormals are flushed here too, as in the pool, so that the bits do not depend on the thread that runs a task. */
    uint64_t before = gb_float_state_enter();
    for (int i = 0; i < count; i++) {
        finish_arguments(session, steps[i], before, &plan->runs[i]);
        gb_step_run *next = followers_of(plan, i);
        for (gb_step *f = prepares ? NULL : gb_step_follower(steps[i]); f; f = gb_step_follower(f))
            finish_arguments(session, f, before, next++);
        plan->uses[i] = (gb_use){steps[i]->row, &steps[i]->desc, &plan->runs[i].args};
    }
    if (prepares)
        first->row->prepare(&session->cpu, plan->uses, count);
    else if (first->cpu->device != session->cpu.device)
        gb_host_step_run(&session->cpu, first, &plan->runs[0].args, plan->scratch);
    else if (count > 1)
        first->row->run_all(&session->cpu, plan->uses, count);
    else
        first->row->run(&session->cpu, &first->desc, &plan->runs[0].args);
    gb_float_state_leave(before);
}

static bool is_valid(const gb_session *session, gb_node node) {
    const gb_plan *plan = session->plan;
    if (plan->step_of[node] >= 0 && plan->steps[plan->step_of[node]].done)
        return true;
    return plan->keep[node] && gb_session_kept_is_valid(session, node);
}

/* Marks the steps that must run, backwards from the boundaries cut for one of `targets`: those whose output is needed
 * and not valid. Returns their multiply-adds. */
static uint64_t mark_steps(gb_session *session, unsigned targets) {
    gb_plan *plan = session->plan;
    uint64_t macs = 0;
    for (int s = 0; s < plan->count; s++)
        plan->steps[s].run = false;
    for (gb_node i = 0; i < session->bent->graph.count; i++)
        if ((plan->cut[i] & targets) && plan->step_of[i] >= 0 && !is_valid(session, i))
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

/* Records that a step is about to write its output. */
static void start_step(gb_session *session, const gb_step *step) {
    session->kept[step->chain[step->nodes - 1]].signature = 0;
}

/* Records that a step has written its output. */
static void finish_step(gb_session *session, gb_step *step) {
    gb_node last = step->chain[step->nodes - 1];
    session->kept[last].signature = session->plan->keep[last] ? gb_session_kept_signature(session, last) : 0;
    step->done = session->options.purpose == GB_GRADIENT;
    session->nodes_run += step->nodes;
    session->steps_run++;
}

/* On a device all steps are queued at once, so that there is no cancel and no progress between them. */
static gb_status run_device_steps(gb_session *session, gb_error *err) {
    gb_plan *plan = session->plan;
    gb_status status = gb_work_cancelled(&session->work) ? gb_fail_cancelled(err) : GB_OK;
    for (int s = 0; s < plan->count && !status; s++) {
        plan->steps[s].seconds = 0;
        if (plan->steps[s].run)
            start_step(session, &plan->steps[s]);
    }
    if (!status)
        status = gb_device_steps(session, run_launch, err);
    for (int s = 0; s < plan->count && !status; s++)
        if (plan->steps[s].run)
            finish_step(session, &plan->steps[s]);
    if (!status && session->progress)
        session->progress(session->progress_arg, 1);
    return status;
}

/* Collects the marked steps of a launch in the plan's `marked`, without those that have run behind another, and returns their
 * number. */
static int collect_marked(gb_session *session, const gb_launch *launch) {
    gb_plan *plan = session->plan;
    int count = 0;
    for (int i = 0; i < launch->count; i++) {
        gb_step *step = &plan->steps[plan->launches.members[launch->first + i]];
        bool has_run = !launch->prepares && step > plan->steps && gb_step_follower(step - 1);
        if (step->run && !has_run)
            plan->marked[count++] = step;
    }
    return count;
}

/* Runs `count` marked steps and measures them. The time of several is divided by the memory that they read and write, which
 * limits steps that share a launch; that of a follower counts for the step before it. */
static void run_host_launch(gb_session *session, int count, bool prepares) {
    gb_step *const *steps = session->plan->marked;
    uint64_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += steps[i]->bytes;
    double start = gb_clock();
    run_launch(session, steps, count, prepares);
    double seconds = gb_clock() - start;
    for (int i = 0; i < count; i++)
        steps[i]->seconds += count == 1 ? seconds : seconds * ((double)steps[i]->bytes / (double)bytes);
}

gb_status gb_session_run_steps(gb_session *session, unsigned targets, gb_error *err) {
    gb_plan *plan = session->plan;
    uint64_t macs = mark_steps(session, targets), done = 0;
    if (session->cpu.device)
        return run_device_steps(session, err);
    for (int s = 0; s < plan->count; s++)
        if (!plan->steps[s].done)
            plan->steps[s].seconds = 0;
    for (int l = 0; l < plan->launches.count; l++) {
        bool prepares = plan->launches.list[l].prepares;
        int count = collect_marked(session, &plan->launches.list[l]);
        if (count && gb_work_cancelled(&session->work))
            return gb_fail_cancelled(err);
        for (int i = 0; i < count && !prepares; i++) {
            for (gb_step *step = plan->marked[i]; step; step = gb_step_follower(step))
                start_step(session, step);
        }
        if (count)
            run_host_launch(session, count, prepares);
        for (int i = 0; i < count && !prepares; i++) {
            for (gb_step *step = plan->marked[i]; step; step = gb_step_follower(step)) {
                finish_step(session, step);
                done += step->macs;
            }
            if (session->progress)
                session->progress(session->progress_arg, macs ? (double)done / (double)macs : 1);
        }
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ rendering */

static gb_status prepare_and_run(gb_session *session, unsigned targets, gb_error *err) {
    session->rendered = session->has_gradients = false;
    session->nodes_run = session->steps_run = 0;
    gb_session_forget_steps(session);
    gb_status status = gb_work_cancelled(&session->work) ? gb_fail_cancelled(err) : GB_OK;
    if (!status)
        status = gb_session_prepare(session, targets, err);
    if (!status)
        status = gb_session_run_steps(session, targets, err);
    if (status)
        return status;
    memcpy(session->last_signature, session->signature,
           (size_t)session->bent->graph.count * sizeof *session->signature);
    session->rendered = (targets & GB_CUT_TAP) != 0;
    return targets & GB_CUT_TAP ? gb_statistics_move(session, err) : GB_OK;
}

void gb_session_forget_steps(gb_session *session) {
    for (int s = 0; session->plan && s < session->plan->count; s++)
        session->plan->steps[s].done = false;
}

gb_status gb_session_run(gb_session *session, unsigned targets, gb_error *err) {
    return gb_session_end_call(session, prepare_and_run(session, targets, err));
}

gb_status gb_session_read_value(gb_session *session, gb_node node, float *out, gb_error *err) {
    const gb_tensor *tensor = &session->plan->tensor[node];
    gb_tensor_to_nchw(&session->cpu, tensor, out);
    /* A map shared by the batch is repeated for each sample. */
    size_t floats = (size_t)tensor->shape.c * (size_t)tensor->shape.h * (size_t)tensor->shape.w;
    for (int i = tensor->shape.n; i < session->options.batch; i++)
        memcpy(out + (size_t)i * floats, out, floats * sizeof *out);
    return gb_device_wait(session, err);
}

