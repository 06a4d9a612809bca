/* A step of a plan: a node and the nodes fused behind it, run by one kernel. */
#ifndef GB_ENGINE_STEP_H
#define GB_ENGINE_STEP_H

#include "engine/graph/graph.h"
#include "ops/device.h"

enum { GB_MAX_CHAIN = 6 };      /* a head (attention's three) and at most noise, bias_act, add behind it */

/* What the epilogue of a step reads, found when the plan is made: at most one stage of each kind. Weights stay where the
 * kernel reads them, also while a bend drops them. */
typedef struct gb_stages {
    gb_node noise, bias_act, add;                   /* or GB_NO_NODE */
    const float *strength, *bias, *scale;           /* strength and scale are one number each, in the host's memory */
    gb_node summand;                                /* what `add` adds */
} gb_stages;

typedef struct gb_step {
    gb_node chain[GB_MAX_CHAIN];
    int nodes;
    gb_stages stages;
    gb_node in[GB_MAX_INPUTS];  /* what the row reads: the head's inputs, unless the step is a whole pattern */
    const gb_cpu *cpu;          /* whose row it is: the plan's processor, or the host where a device has none */
    const gb_op_row *row;
    gb_desc desc;
    const void *packed;
    size_t workspace;           /* offset in the arena; of a host step in a device's plan, none: it has `scratch` */
    uint64_t macs, bytes;
    bool run;                   /* wanted by the render that is going on; afterwards: was run by it */
    double seconds;
} gb_step;

#endif
