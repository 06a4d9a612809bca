/* Roles of nodes. */
#include "builder.h"

/* What a node with this role must be, as text, if `index` is not; otherwise NULL. */
static const char *role_mismatch(const gb_graph *graph, gb_node index, gb_role role) {
    const gb_graph_node *node = &graph->nodes[index];
    switch (role) {
    case GB_ROLE_Z:
        return node->is_input ? NULL : "z is an input";
    case GB_ROLE_LABEL:
        return node->is_input && node->ndim == 1 ? NULL : "a label is an input with one value per class";
    case GB_ROLE_WS:
        return node->ndim == 2 ? NULL : "w's are the rows [num_ws, w_dim] of one node";
    case GB_ROLE_W:
        return !node->is_input && node->desc.op == GB_OP_SELECT &&
                       graph->nodes[node->input[0]].desc.op == GB_OP_TRUNCATE
                   ? NULL : "a w is selected from the rows of a truncation";
    case GB_ROLE_NOISE:
        return node->is_input && node->shape[0] == 1 ? NULL : "noise is an input [1, H, W]";
    case GB_ROLE_IMAGE:
        return node->ndim == 3 ? NULL : "a running picture has the shape [C, H, W]";
    case GB_ROLE_PICTURE:
        return node->is_input && node->ndim == 3 ? NULL : "a picture to look at is an input [C, H, W]";
    default:
        return NULL;
    }
}

void gb_graph_role(gb_graph *graph, gb_node node, gb_role role, int index) {
    size_t room = graph->role_room;
    if (graph->failed || node == GB_NO_NODE)
        return;
    if (node < 0 || node >= graph->count || role <= GB_ROLE_NONE || role > GB_ROLE_PICTURE || index < 0) {
        gb_graph_fail(graph, "node %d: role %d with index %d is not possible", node, (int)role, index);
        return;
    }
    const char *why = role_mismatch(graph, node, role);
    if (why) {
        gb_graph_fail(graph, "'%s' cannot have the role %d: %s", graph->nodes[node].name, (int)role, why);
        return;
    }
    if (gb_graph_find_role(graph, role, index) != GB_NO_NODE) {
        gb_graph_fail(graph, "'%s': another node has the role %d with index %d", graph->nodes[node].name, (int)role,
                      index);
        return;
    }
    if (!gb_graph_reserve(graph, (void **)&graph->roles, graph->role_count, &room, sizeof(gb_node_role)))
        return;
    graph->role_room = room;
    graph->roles[graph->role_count++] = (gb_node_role){role, index, node};
}

gb_node gb_graph_find_role(const gb_graph *graph, gb_role role, int index) {
    for (size_t i = 0; i < graph->role_count; i++)
        if (graph->roles[i].role == role && graph->roles[i].index == index)
            return graph->roles[i].node;
    return GB_NO_NODE;
}

const gb_node_role *gb_graph_role_of(const gb_graph *graph, gb_node node, gb_role wanted) {
    for (size_t i = 0; i < graph->role_count; i++)
        if (graph->roles[i].node == node && (wanted == GB_ROLE_NONE || graph->roles[i].role == wanted))
            return &graph->roles[i];
    return NULL;
}

gb_node gb_graph_imply_role(gb_graph *graph, gb_node node, gb_role role, int index) {
    if (node != GB_NO_NODE && !role_mismatch(graph, node, role) && gb_graph_find_role(graph, role, index) == GB_NO_NODE)
        gb_graph_role(graph, node, role, index);
    return node;
}

int gb_graph_count_role(const gb_graph *graph, gb_role role) {
    int count = 0;
    for (size_t i = 0; i < graph->role_count; i++)
        count += graph->roles[i].role == role;
    return count;
}
