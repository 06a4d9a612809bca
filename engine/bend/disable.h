/* Disabling a layer: its input is passed through in place of its output. */
#ifndef GB_ENGINE_BEND_DISABLE_H
#define GB_ENGINE_BEND_DISABLE_H

#include "engine/graph/graph.h"

/* Whether the layer that ends in this node can be disabled: its input can be brought to its output's shape. */
bool gb_can_disable(const gb_graph *base, gb_node node);

/* The node whose value a disabled node passes through, and the factor `up` by which its pixels are repeated in both
 * directions to give the node's shape. False if there is no such factor. Channels always fit: missing ones are zero,
 * surplus ones are dropped. */
bool gb_find_substitute(const gb_graph *base, gb_node node, gb_node *substitute, int *up);

#endif
