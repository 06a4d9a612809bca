/* The order in which the steps of a plan run. */
#ifndef GB_ENGINE_ORDER_H
#define GB_ENGINE_ORDER_H

#include "step.h"

/* Small steps, such as the styles of all layers, move to where what they read has been computed, and those of one place run
 * side by side, each by one worker: sharing one among workers would take longer than computing it. Without `moves` every step
 * stays where it is. Sets `side_from` and `side_to` of all steps, and per node step_of: the step that writes its boundary. The
 * steps are in the order of their last nodes before. False if out of memory. */
bool gb_order_steps(gb_step *steps, int count, int *step_of, const gb_graph *graph, bool moves);

#endif
