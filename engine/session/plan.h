/* A plan: what really runs for one set of boundaries that somebody looks at. Neighbours are fused unless a tap, feed or
 * kept value sits between them; buffers are placed in one arena by lifetime, or kept from render to render. */
#ifndef GB_ENGINE_PLAN_H
#define GB_ENGINE_PLAN_H

#include "engine/base/work.h"
#include "engine/graph/model.h"
#include "step.h"

/* A boundary of the plan whose value is given: an input, or one that is fed. */
typedef struct gb_plan_given {
    gb_node node;
    const float *default_value; /* of an input: the weight that it has until it is set; NULL before it is needed */
} gb_plan_given;

/* A boundary that outlives a render. Owned by the session, so that it also outlives plans. */
typedef struct gb_kept {
    float *data;
    size_t floats;
    uint64_t signature;         /* of what the data was computed from; 0 = nothing valid */
} gb_kept;

/* Why a node's output must exist in memory. */
enum { GB_CUT_TAP = 1, GB_CUT_FEED = 2, GB_CUT_MOVING = 4, GB_CUT_IMAGE = 8, GB_CUT_PREVIEW = 16,
       GB_CUT_REPEATED = 32 /* an input: given once for the whole batch, but its readers want it for each sample */ };
enum { GB_CUT_LOOKED_AT = GB_CUT_TAP | GB_CUT_IMAGE | GB_CUT_PREVIEW };

typedef struct gb_plan {
    int batch;
    const gb_cpu *cpu;          /* where its tensors lie */
    uint64_t serial;            /* no other plan of the model has it */
    gb_step *steps;
    int count;
    int *step_of;               /* node → the step that writes its boundary, or -1 */
    gb_tensor *tensor;          /* per node: shape always, data where the boundary exists (inputs: set by the session) */
    bool *read;                 /* per node: something in the plan looks at it */
    bool *keep;                 /* per node: the boundary lives in gb_kept */
    gb_plan_given *given;       /* those that the plan reads */
    int given_count;
    gb_given **held;            /* per given: the value that `tensor` points into, which the last render used, or NULL */
    void *arena;
    void *scratch;              /* of the host, for host steps in a device's plan */
    size_t arena_bytes, kept_bytes;
    uint64_t macs;
} gb_plan;

typedef struct gb_plan_request {
    gb_model *model;
    const gb_graph *graph;      /* the model's with a session's bends in it; its nodes know the model's by `base` */
    int batch;
    gb_purpose purpose;
    size_t keep_bytes;
    const unsigned char *cut;   /* per node, GB_CUT_* */
    gb_work *work;              /* what making it costs, and whether to stop */
} gb_plan_request;

/* Makes the plan and packs the weights it needs. `kept` (per node) is brought to what the plan keeps: values that stay
 * wanted stay valid, others are let go. On failure nothing of `kept` that was valid is lost. */
gb_status gb_plan_new(const gb_plan_request *request, gb_kept *kept, gb_plan **plan, gb_error *err);
void gb_plan_free(gb_plan *plan);

#endif
