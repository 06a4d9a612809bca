/* Steps that run in the same pass as the step before them. */
#ifndef GB_ENGINE_FOLLOWERS_H
#define GB_ENGINE_FOLLOWERS_H

#include "step.h"

/* A step follows the one whose output is its first input if the row of that step can run it on pixels that are still in the
 * cache (gb_op_row.follows): ToRGB behind the last convolution of a block, which itself may follow the upsampling one. All
 * stay steps of their own. If a render runs
 * both, the first one runs them together; if the output of either is still valid, the other one runs alone. The bits are
 * the same.
 *
 * Finds such pairs among steps in execution order, sets `followed` of the first ones, and moves those to directly before
 * their followers. A pair can be one if no other step between the two reads the output, so that everything else that the
 * follower reads can be computed before both. */
enum { GB_MOST_FOLLOWERS = 2 };         /* one behind the other */

gb_status gb_followers_find(const gb_graph *graph, const gb_cpu *cpu, gb_step *steps, int count, gb_error *err);

/* The step that runs together with this one in this render, or NULL. */
static inline gb_step *gb_step_follower(gb_step *step) {
    return step->followed && step->run && step[1].run ? step + 1 : NULL;
}

#endif
