/* The order in which the steps of a plan run, and which of them share a launch: a call of the function of their rows, which on
 * a device is one launch of a kernel and on the host divides all of them among the threads. */
#ifndef GB_ENGINE_LAUNCHES_H
#define GB_ENGINE_LAUNCHES_H

#include "engine/base/work_count.h"
#include "step.h"

typedef struct gb_launch {
    int first, count;           /* its steps: members[first] to members[first + count - 1] */
    bool prepares;              /* runs the rows' prepare() for these steps instead of the steps */
} gb_launch;

typedef struct gb_launches {
    gb_launch *list;            /* in order */
    int count;
    int *members;               /* indices of steps */
    int most;                   /* members of the largest launch */
} gb_launches;

/* Finds the launches for steps in execution order; step_of is the plan's, tensor its shapes. Sets `at` and `prepared_at` of
 * each step.
 *
 * Steps on vectors that need no feature map come first, sorted by the number of steps before them, and after them the
 * others in their order, all callbacks among them. A step joins the last launch whose rows have the same function, unless one
 * of its inputs is only computed by that launch or later: a bend on a style makes the layer's modulation a launch of its own. A
 * step that is followed (followers.h) comes after everything that its follower reads beside its output.
 *
 * With `in_order` every step has a launch of its own, in their order. Gradients need that: the backward pass runs steps that the
 * forward pass has left out, and those must not use memory in which values of later steps are. */
gb_status gb_launches_find(const gb_graph *graph, gb_step *steps, int count, const int *step_of, const gb_tensor *tensor,
                           const gb_cpu *cpu, bool in_order, gb_work_count *work, gb_launches *launches, gb_error *err);
void gb_launches_free(gb_launches *launches);

#endif
