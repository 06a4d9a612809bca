/* Functions that the parts of the graph builder share. */
#ifndef GB_ENGINE_GRAPH_BUILDER_H
#define GB_ENGINE_GRAPH_BUILDER_H

#include "graph.h"

/* The node with that name, without aliases. */
gb_node gb_graph_find_node(const gb_graph *graph, const char *name);
/* Adds the name of a new node to the index; on failure records an error. */
bool gb_graph_index_name(gb_graph *graph, gb_node node);

/* Gives a node the role that its operation implies, unless another node has it already or its inputs do not suit it.
 * Returns the node. */
gb_node gb_graph_imply_role(gb_graph *graph, gb_node node, gb_role role, int index);
/* The number of nodes with the role so far. */
int gb_graph_count_role(const gb_graph *graph, gb_role role);

#endif
