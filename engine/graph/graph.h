/* The graph behind gb_graph: nodes in execution order, each an operation with named weights. Shapes are those of one
 * sample; a plan gives them a batch and a layout. */
#ifndef GB_ENGINE_GRAPH_H
#define GB_ENGINE_GRAPH_H

#include "ops/ops.h"
#include "weights/name_index.h"
#include "weights/network.h"
#include "engine/ganbend.h"
#include "given.h"

typedef struct gb_graph_node {
    const char *name;
    bool is_input;                      /* else desc.op says what it computes */
    gb_desc desc;                       /* in[] and out with n = 1, block = 1 */
    int inputs;
    gb_node input[GB_MAX_INPUTS];
    int ndim;                           /* of one sample, with shape: [C], [rows,C] or [C,H,W] */
    int64_t shape[3];
    const char *weight[GB_MAX_WEIGHTS]; /* names in the network, as many as the operation has */
    float weight_gain;                  /* weight[0] is multiplied by it when it is packed */
    const char *value;                  /* input: its default, or NULL */
    bool is_map;                        /* input that only noise reads: one map may serve the whole batch */
    const char *bias, *strength;        /* of BIAS_ACT and NOISE */
    const char *scale;                  /* of BIAS_ACT: a weight that multiplies its gain, or NULL */
    float bias_gain, gain, clamp;       /* of BIAS_ACT; clamp negative = none */
    gb_act_kind act;
    /* What bends make of it; see bent.h. */
    gb_node base;                       /* the node of the model's graph that this is, or that the bend sits on */
    uint64_t id, version;               /* the same node in the next bent graph; its settings */
    const void *live;                   /* of bends: what the operation reads at run time */
    const float *act_params;
    int act_param_count;
    const uint8_t *act_channels;        /* which channels the bent activation acts on; NULL = all */
    gb_act_kind base_act;               /* of the others */
    float noise_factor;
    gb_given *noise_map;                /* in place of the map that was given, or NULL */
    gb_given *own_value;                /* of an input that a bend brings along, or NULL */
} gb_graph_node;

typedef struct gb_node_alias {
    const char *alias;
    gb_node node;
} gb_node_alias;

typedef struct gb_node_role {
    gb_role role;
    int index;
    gb_node node;
} gb_node_role;

struct gb_graph {
    gb_network *network;                /* the weights */
    gb_graph_node *nodes;
    int count, room;
    gb_name_index by_name;              /* of the nodes; empty in a bent graph, whose names are not its own */
    gb_alias *aliases;                  /* of the builder; the origin's are the network's */
    size_t alias_count, alias_room;
    gb_node_alias *resolved;            /* all of them, by gb_graph_resolve() */
    size_t resolved_count;
    gb_name_index by_alias;
    const char **alias_of;              /* the same node by node: those of node i from first_alias[i] to the next's */
    size_t *first_alias;
    gb_node_role *roles;
    size_t role_count, role_room;
    gb_node output;
    bool failed;
    char why[512];                      /* the first mistake */
    char **strings;                     /* names the graph owns */
    size_t string_count, string_room;
};

/* A graph over the weights of `network`, which it takes over. NULL (and the network freed) when memory is out. */
gb_graph *gb_graph_over(gb_network *network);

/* The network's shape check failed or the builder saw something it cannot build: the first call's line stays. */
void gb_graph_mistake(gb_graph *graph, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Once the graph is complete: finds the node behind each alias, origin's first. Aliases of nothing are dropped. */
void gb_graph_resolve(gb_graph *graph);
/* Sets is_map of every node. */
void gb_graph_find_maps(gb_graph *graph);

gb_shape gb_node_shape(const gb_graph_node *node);              /* n = 1, block = 1 */

/* Values of one sample. */
static inline size_t gb_node_floats(const gb_graph_node *node) {
    size_t floats = 1;
    for (int i = 0; i < node->ndim; i++)
        floats *= (size_t)node->shape[i];
    return floats;
}

gb_node gb_graph_find(const gb_graph *graph, const char *name); /* by name or alias */
gb_node gb_graph_find_role(const gb_graph *graph, gb_role role, int index);
/* The role entry of the node, or NULL: the first it was given, or that of role `wanted` unless it is GB_ROLE_NONE. */
const gb_node_role *gb_graph_role_of(const gb_graph *graph, gb_node node, gb_role wanted);
/* How the code that the network comes from draws z from a seed. */
gb_rng gb_origin_rng(const gb_graph *graph);
/* The n-th alias of a node (0 is the first), or NULL. */
const char *gb_graph_alias_of(const gb_graph *graph, gb_node node, size_t n);
/* True where the node's name or one of its aliases matches the glob. */
bool gb_graph_matches(const gb_graph *graph, gb_node node, const char *glob);
/* The known name that looks most like `name`, for messages; NULL where none is near. */
const char *gb_graph_nearest(const gb_graph *graph, const char *name);

/* The operand that carries the value through an element-wise node (of an ADD the one computed later). */
gb_node gb_main_input(const gb_graph_node *node);

#endif
