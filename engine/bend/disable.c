/* Disabling layers, see disable.h. */
#include "disable.h"

#include <string.h>

/* The first node of the module that ends in `node`: walks back over nodes named `node`.part. */
static gb_node module_head(const gb_graph *base, gb_node node) {
    const char *name = base->nodes[node].name;
    size_t length = strlen(name);
    for (;;) {
        const gb_graph_node *n = &base->nodes[node];
        gb_node before = n->inputs ? gb_main_input(n) : GB_NO_NODE;
        if (before == GB_NO_NODE || base->nodes[before].is_input || strncmp(base->nodes[before].name, name, length) ||
            base->nodes[before].name[length] != '.')
            return node;
        node = before;
    }
}

bool gb_find_substitute(const gb_graph *base, gb_node node, gb_node *substitute, int *up) {
    const gb_graph_node *n = &base->nodes[node];
    if (n->desc.op == GB_OP_ADD) {
        /* A sum passes its shortcut through; one that adds a ToRGB passes the picture, enlarged by nearest
         * neighbour. */
        *substitute = n->input[gb_main_input(n) == n->input[0] ? 1 : 0];
        if (base->nodes[*substitute].desc.op == GB_OP_UPFIRDN2D)
            *substitute = base->nodes[*substitute].input[0];
    } else {
        const gb_graph_node *head = &base->nodes[module_head(base, node)];
        if (!head->inputs)
            return false;
        *substitute = gb_main_input(head);
    }
    gb_shape in = gb_node_shape(&base->nodes[*substitute]), out = gb_node_shape(n);
    *up = out.h / in.h;
    return *up > 0 && in.h * *up == out.h && in.w * *up == out.w;
}

bool gb_can_disable(const gb_graph *base, gb_node node) {
    const gb_graph_node *n = &base->nodes[node];
    gb_node substitute;
    int up;
    if (n->is_input)
        return false;
    switch (n->desc.op) {
    case GB_OP_BIAS_ACT:
    case GB_OP_LINEAR:
    case GB_OP_MODULATED_CONV2D:
    case GB_OP_UPFIRDN2D:
    case GB_OP_UPSAMPLE_NEAREST:
    case GB_OP_NOISE:
    case GB_OP_BATCH_NORM:
    case GB_OP_ADD:
        return gb_find_substitute(base, node, &substitute, &up);
    default:
        return false;
    }
}
