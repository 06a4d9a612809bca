/* Graphs: creating, freeing and queries. builder.c adds nodes, names.c finds them. */
#include "graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gb_graph_fail(gb_graph *graph, const char *format, ...) {
    if (graph->failed)
        return;
    graph->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(graph->why, sizeof graph->why, format, args);
    va_end(args);
}

void gb_graph_fail_no_memory(gb_graph *graph) {
    graph->no_memory = graph->no_memory || !graph->failed;
    gb_graph_fail(graph, "out of memory while building the graph");
}

bool gb_graph_reserve(gb_graph *graph, void **array, size_t count, size_t *room, size_t element) {
    if (count < *room)
        return true;
    size_t wanted = *room ? *room * 2 : 64;
    void *grown = realloc(*array, wanted * element);
    if (!grown) {
        gb_graph_fail_no_memory(graph);
        return false;
    }
    *array = grown;
    *room = wanted;
    return true;
}

const char *gb_graph_keep(gb_graph *graph, const char *text) {
    if (!text ||
        !gb_graph_reserve(graph, (void **)&graph->strings, graph->string_count, &graph->string_room, sizeof(char *)))
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (!copy) {
        gb_graph_fail_no_memory(graph);
        return NULL;
    }
    memcpy(copy, text, size);
    return graph->strings[graph->string_count++] = copy;
}

gb_graph *gb_graph_from_network(gb_network *network) {
    gb_graph *graph = network ? calloc(1, sizeof *graph) : NULL;
    if (!graph) {
        gb_network_free(network);
        return NULL;
    }
    graph->network = network;
    graph->output = GB_NO_NODE;
    return graph;
}

gb_graph *gb_graph_new(void) {
    return gb_graph_from_network(gb_network_new());
}

void gb_graph_free(gb_graph *graph) {
    if (!graph)
        return;
    for (size_t i = 0; i < graph->string_count; i++)
        free(graph->strings[i]);
    free(graph->strings);
    free(graph->aliases);
    free(graph->resolved);
    free(graph->alias_of);
    free(graph->first_alias);
    gb_name_index_free(&graph->by_name);
    gb_name_index_free(&graph->by_alias);
    free(graph->roles);
    free(graph->nodes);
    gb_network_free(graph->network);
    free(graph);
}

gb_shape gb_node_shape(const gb_graph_node *node) {
    gb_shape shape = {.n = 1, .c = (int)node->shape[0], .h = 1, .w = 1, .block = 1};
    if (node->ndim == 2)
        shape.w = (int)node->shape[1];
    if (node->ndim == 3) {
        shape.h = (int)node->shape[1];
        shape.w = (int)node->shape[2];
    }
    return shape;
}

void gb_graph_find_maps(gb_graph *graph) {
    for (gb_node i = 0; i < graph->count; i++)
        graph->nodes[i].is_map = graph->nodes[i].is_input;
    for (gb_node i = 0; i < graph->count; i++)
        for (int k = 0; k < graph->nodes[i].inputs; k++)
            if (graph->nodes[i].desc.op != GB_OP_NOISE || k != 1)
                graph->nodes[graph->nodes[i].input[k]].is_map = false;
    if (graph->output != GB_NO_NODE)
        graph->nodes[graph->output].is_map = false;
}

gb_rng gb_origin_rng(const gb_graph *graph) {
    const char *origin = gb_network_str(graph->network, "origin.rng", "numpy");
    return !strcmp(origin, "torch") ? GB_RNG_TORCH : !strcmp(origin, "truncnorm") ? GB_RNG_TRUNCNORM : GB_RNG_NUMPY;
}

const char *gb_weight_in_slot(const gb_graph_node *node, int slot) {
    if (node->is_input)
        return NULL;
    return slot < GB_MAX_WEIGHTS ? node->weight[slot] : slot == GB_SLOT_BIAS ? node->bias
           : slot == GB_SLOT_STRENGTH ? node->strength : node->scale;
}

gb_node gb_main_input(const gb_graph_node *node) {
    if (node->desc.op == GB_OP_ADD && node->input[1] > node->input[0])
        return node->input[1];
    return node->input[0];
}
