/* A plan: the executable form of a graph for one set of observed and fed boundaries. Neighbours are fused unless the
 * boundary between them is cut; buffers are placed in one arena by lifetime, or kept from render to render. */
#ifndef GB_ENGINE_PLAN_H
#define GB_ENGINE_PLAN_H

#include "engine/base/work_count.h"
#include "engine/graph/model.h"
#include "launches.h"

/* A boundary whose value is supplied instead of computed: an input, or one that is fed. */
typedef struct gb_plan_source {
    gb_node node;
    const float *default_value; /* of an input that has not been set; NULL until it is needed */
} gb_plan_source;

/* A boundary whose value is kept between renders. Owned by the session, so that it also outlives plans. */
typedef struct gb_kept {
    float *data;
    size_t floats;
    uint64_t signature;         /* hash of everything from which the data was computed, its precision included; 0 = not
                                 * valid */
} gb_kept;

/* Reasons to cut at a node: its output must exist in memory, so that no later node can fuse with it. */
enum {
    GB_CUT_TAP = 1,             /* tapped */
    GB_CUT_FEED = 2,            /* fed */
    GB_CUT_BEFORE_EDIT = 4,     /* the input of a node whose parameters are being edited */
    GB_CUT_IMAGE = 8,           /* the output */
    GB_CUT_PREVIEW = 16,        /* the running picture of a preview */
    GB_CUT_REPEATED = 32,       /* an input set once for the whole batch, although its readers need it per sample */
    GB_CUT_GRADIENT = 64,       /* a gradient that is wanted */
    GB_CUT_OBSERVED = GB_CUT_TAP | GB_CUT_IMAGE | GB_CUT_PREVIEW | GB_CUT_GRADIENT      /* read after the render */
};

/* Memory that the plans of a session on a device share: only one of them is in use at a time. */
typedef struct gb_arena {
    void *memory;
    size_t bytes;
} gb_arena;

typedef struct gb_plan {
    int batch;
    const gb_cpu *cpu;          /* the processor whose memory holds its tensors */
    uint64_t serial;            /* unique in the model; equal serials: the same steps in the same memory */
    gb_step *steps;
    int count;
    gb_launches launches;
    gb_step_run *runs;          /* of the members of one launch, then of their followers */
    gb_use *uses;
    gb_step **marked;
    int *step_of;               /* node → the step that writes its boundary, or -1 */
    gb_tensor *tensor;          /* per node: shape; data if the boundary exists (for sources set by the session) */
    bool *read;                 /* per node: observed, or read by a step */
    bool *keep;                 /* per node: the boundary is in gb_kept */
    bool *rough;                /* per node: it depends on products in bfloat16 */
    unsigned char *cut;         /* per node, GB_CUT_*: what it was made for */
    gb_plan_source *sources;    /* those that the plan reads */
    int source_count;
    gb_shared_value **held;     /* per source: the retained value to which `tensor` points, or NULL */
    void *arena;
    bool shares_arena;          /* it is a gb_arena's */
    size_t *offset;             /* per node: where its boundary is in the arena, if it is there */
    void *scratch;              /* host memory for host steps in a plan for a device */
    size_t arena_bytes, kept_bytes;
    uint64_t macs;
} gb_plan;

typedef struct gb_plan_request {
    gb_model *model;
    gb_own_weights *own;        /* the session's */
    const gb_cpu *cpu;          /* the processor in the precision that is wanted; outlives the plan */
    const gb_graph *graph;      /* the bent graph; `base` of its nodes is the node of the model */
    int batch;
    gb_purpose purpose;
    size_t keep_bytes;
    const unsigned char *cut;   /* per node, GB_CUT_* */
    gb_work_count *work;        /* counts the cost, and tells whether it is cancelled */
    gb_arena *arena;            /* NULL = the plan gets memory of its own */
    size_t arena_needs;         /* the most that the session's other plans need of it */
} gb_plan_request;

/* Makes the plan and packs the weights that it needs. Allocates `kept` (per node) for the boundaries that the plan
 * keeps and frees the others; those kept already stay valid. On failure all valid data in `kept` remains. */
gb_status gb_plan_new(const gb_plan_request *request, gb_kept *kept, gb_plan **plan, gb_error *err);
/* Makes a plan ready that was not in use for a while: its boundaries are placed in `kept` and in the arena as they are now. */
gb_status gb_plan_attach(const gb_plan_request *request, gb_plan *plan, gb_kept *kept, gb_error *err);
void gb_plan_free(gb_plan *plan);

#endif
