/* The precision of a session's renders. A session has a plan for each precision that it uses. Both read the same kept
 * boundaries: a plan in bfloat16 continues from those computed in full precision, never the other way round. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "session.h"

/* ------------------------------------------------------------------------------------------------ choosing */

const gb_cpu *gb_session_processor(const gb_session *session) {
    return session->in_other ? &session->other : session->model->context->processor;
}

/* Fills session->other: like the context's processor, with the rows of the other precision. */
static gb_status find_other(gb_session *session, const char *precision, gb_error *err) {
    const gb_cpu *own = &session->model->context->cpu;
    gb_cpu found;
    char names[256];
    if (!gb_cpu_detect(&found, own->bf16 ? NULL : precision, names, sizeof names))
        return gb_fail(err, GB_BAD_ARGUMENT, "this processor and build do not support precision %s; they support %s", precision,
                       names);
    if (found.vector != own->vector)
        return gb_fail(err, GB_BAD_ARGUMENT, "precision %s runs on %s, and this context on %s: make it without choosing an "
                       "instruction set", precision, found.isa, own->isa);
    session->other = *own;
    session->other.isa = found.isa;
    session->other.rank = found.rank;
    session->other.bf16 = found.bf16;
    session->other.amx = found.amx;
    return GB_OK;
}

gb_status gb_session_set_precision(gb_session *session, const char *precision, gb_error *err) {
    const char *own = gb_context_precision(session->model->context);
    bool other = precision && strcmp(precision, own) != 0;
    if (other && (session->cpu.device || session->options.purpose == GB_GRADIENT))
        return gb_fail(err, GB_BAD_ARGUMENT, "precision %s: this session, %s, has that of its context, %s", precision,
                       session->cpu.device ? "on a GPU" : "for gradients", own);
    if (other && strcmp(precision, "fp32") != 0 && strcmp(precision, "bf16") != 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "precision %s: a session on the CPU has fp32 and bf16", precision);
    gb_status status = other && !session->other.isa ? find_other(session, precision, err) : GB_OK;
    if (!status)
        session->in_other = other;
    return status;
}

/* ------------------------------------------------------------------------------------------------ kept boundaries */

uint64_t gb_session_kept_signature(const gb_session *session, gb_node node) {
    uint64_t exact = session->signature[node];
    return session->plan->rough[node] ? gb_mix(exact, 1) : exact;
}

bool gb_session_kept_is_valid(const gb_session *session, gb_node node) {
    uint64_t have = session->kept[node].signature;
    return have && (have == session->signature[node] || have == gb_session_kept_signature(session, node));
}

/* ------------------------------------------------------------------------------------------------ plans */

void gb_session_forget_plans(gb_session *session) {
    gb_plan_free(session->plan);
    gb_plan_free(session->spare);
    session->plan = session->spare = NULL;
}

static void forget_spare(gb_session *session) {
    gb_plan_free(session->spare);
    session->spare = NULL;
}

/* Attaches an earlier plan that is current again. */
static gb_status attach(gb_session *session, const gb_plan_request *request, gb_error *err) {
    gb_status status = gb_plan_attach(request, session->plan, session->kept, err);
    session->came_back = false;
    if (status) {
        gb_session_forget_plans(session);
        gb_earlier_clear(&session->earlier, &session->cpu);
    }
    return status;
}

gb_status gb_session_choose_plan(gb_session *session, gb_error *err) {
    const gb_session_options *o = &session->options;
    const gb_graph *graph = &session->bent->graph;
    const gb_cpu *cpu = gb_session_processor(session);
    size_t nodes = (size_t)graph->count;
    if (session->plan && session->plan->cpu != cpu) {
        gb_plan *before = session->plan;
        session->plan = session->spare;
        session->spare = before;
    }
    if (session->spare && (session->weights_grown || memcmp(session->spare->cut, session->wanted, nodes) != 0))
        forget_spare(session);
    bool same = session->plan && !session->weights_grown && !memcmp(session->plan->cut, session->wanted, nodes);
    if (same && !session->came_back)
        return GB_OK;
    if (session->weights_grown)
        gb_earlier_clear(&session->earlier, &session->cpu);     /* those plans have forms of the model's weights */

    gb_plan_request request = {session->model, &session->weights, cpu, graph, o->batch, o->purpose, o->keep_bytes,
                               session->wanted, &session->work, session->cpu.device ? &session->arena : NULL,
                               gb_earlier_arena_bytes(&session->earlier)};
    gb_plan *plan = NULL;
    if (same)
        return attach(session, &request, err);
    session->came_back = false;
    /* The old arena is freed first, because two at once would double the peak memory. */
    gb_plan_free(session->plan);
    session->plan = NULL;
    gb_status status = gb_plan_new(&request, session->kept, &plan, err);
    if (session->spare && (status || memcmp(session->spare->keep, plan->keep, nodes * sizeof *plan->keep) != 0))
        forget_spare(session);          /* its boundaries may have been freed */
    if (status) {
        gb_earlier_clear(&session->earlier, &session->cpu);     /* what they keep may be what is missing */
        return status;
    }
    session->plan = plan;
    session->weights_grown = false;
    gb_log(session->model->context, GB_LOG_DEBUG,
           "planned %d steps for %d nodes, batch %d, %s: buffers of %zu KB, %zu KB kept", plan->count, graph->count, o->batch,
           cpu->isa, plan->arena_bytes >> 10, plan->kept_bytes >> 10);
    return GB_OK;
}
