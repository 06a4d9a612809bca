/* A step of a plan: a node and the nodes fused behind it, run by one kernel. */
#ifndef GB_ENGINE_STEP_H
#define GB_ENGINE_STEP_H

#include "engine/graph/graph.h"
#include "ops/device.h"

/* A head (up to three nodes of attention; on a device, a select before a linear is part of it), and at most batch norm, noise, bias_act and add, and a second bias_act and
 * add. */
enum { GB_MAX_CHAIN = 9 };

/* The operands of one round of a step's epilogue, found when the plan is made: at most one stage of each kind. Weights
 * are also found if a bend drops them. */
typedef struct gb_stages {
    gb_node norm, noise, bias_act, add;             /* or GB_NO_NODE */
    const float *strength, *bias, *scale;           /* strength and scale: one number each, in host memory */
    gb_node summand;                                /* the operand of `add` */
} gb_stages;

/* A batch norm in a step's epilogue: its factors are computed before the step runs. */
typedef struct gb_step_norm {
    gb_desc desc;
    const void *packed;
    size_t workspace;           /* offset in the arena */
} gb_step_norm;

typedef struct gb_step {
    gb_node chain[GB_MAX_CHAIN];
    int nodes;
    gb_stages stages[GB_ROUNDS];
    gb_step_norm norm;          /* of stages[0].norm */
    gb_stages layer;            /* of an adjoint: the epilogue of the layer that it belongs to */
    bool has_layer;
    gb_node in[GB_MAX_INPUTS];  /* the row's inputs: those of the head, or of the whole pattern for attention */
    const gb_cpu *cpu;          /* the processor that runs it: the plan's, or the host if a device has no row */
    const gb_op_row *row;
    gb_desc desc;
    const void *packed;
    size_t workspace;           /* offset in the arena; unused for host steps, which use the plan's `scratch` */
    bool followed;              /* by the next step, in the same pass if both run (followers.h) */
    int at, prepared_at;        /* the launches that run and prepare it (launches.h); prepared_at may be -1 */
    size_t prepared;            /* offset in the arena, if prepared_at is not -1 */
    uint64_t macs, bytes;
    bool run;                   /* marked to run in this render; afterwards: has run */
    bool done;                  /* gradient: has run in this render, and its output is still there */
    double seconds;
} gb_step;

/* The arguments of a step for one render. They point to each other. */
typedef struct gb_step_run {
    gb_args args;
    gb_epilogue epilogue, then, layer;
    gb_truncate_live truncate;
    gb_batch_norm_live norm;
    gb_callback_live callback;
    gb_use follower;
} gb_step_run;

#endif
