/* gb_graph: nodes in execution order, each an operation with named weights. Shapes are those of one sample; a plan adds
 * the batch and the memory layout. */
#ifndef GB_ENGINE_GRAPH_H
#define GB_ENGINE_GRAPH_H

#include "engine/ganbend_graph.h"
#include "ops/ops.h"
#include "shared_value.h"
#include "weights/name_index.h"
#include "weights/network.h"

/* How weight[0] is rearranged before it is packed: adjoints use the weights of their layer. */
typedef enum gb_transform {
    GB_AS_STORED,
    GB_TRANSPOSED,              /* [out,in,…] → [in,out,…], in groups for conv2d */
    GB_TRANSPOSED_FLIPPED       /* and every kernel turned by 180 degrees */
} gb_transform;

typedef struct gb_graph_node {
    const char *name;
    bool is_input;                      /* otherwise desc.op is the operation */
    gb_desc desc;                       /* in[] and out with n = 1, block = 1 */
    int inputs;
    gb_node input[GB_MAX_INPUTS];
    int ndim;                           /* of one sample, with shape: [C], [rows,C] or [C,H,W] */
    int64_t shape[3];
    const char *weight[GB_MAX_WEIGHTS]; /* names in the network, as many as the operation has */
    float weight_gain;                  /* weight[0] is multiplied by it when it is packed */
    const char *value;                  /* input: name of its default value, or NULL */
    bool is_map;                        /* input read only by noise nodes: one map may serve the whole batch */
    const char *bias, *strength;        /* of BIAS_ACT and NOISE */
    const char *scale;                  /* of BIAS_ACT: a weight that multiplies its gain, or NULL */
    float bias_gain, gain, clamp;       /* of BIAS_ACT; clamp negative = none */
    gb_act_kind act;
    /* In a bent graph, see bent.h: */
    gb_node base;                       /* the node of the model's graph that this is, or that the bend acts on */
    uint64_t id, version;               /* the node's id in all bent graphs; the version of its settings */
    const void *live;                   /* of bends: parameters that the operation reads at run time */
    const float *act_params;
    int act_param_count;
    const uint8_t *act_channels;        /* which channels the bent activation acts on; NULL = all */
    gb_act_kind base_act;               /* of the others */
    float noise_factor;
    gb_shared_value *noise_map;         /* used instead of the map that the node reads, or NULL */
    gb_shared_value *own_value;         /* of an input that a bend adds, or NULL */
    bool for_batch;                     /* it has one value for the whole batch: its n is 1 */
    /* Of the nodes that gb_adjoint_append() adds (engine/gradient/adjoint.h): */
    bool is_adjoint;
    gb_transform transform;
    gb_node layer_act, layer_noise;     /* the nodes of the forward pass whose epilogue it reads, or GB_NO_NODE */
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
    gb_name_index by_name;              /* of the nodes; empty in a bent graph, which uses the model's names */
    gb_alias *aliases;                  /* added by the builder; the origin's aliases are in the network */
    size_t alias_count, alias_room;
    gb_node_alias *resolved;            /* the aliases of both, set by gb_graph_resolve() */
    size_t resolved_count;
    gb_name_index by_alias;
    const char **alias_of;              /* sorted by node: those of node i start at first_alias[i] */
    size_t *first_alias;
    gb_node_role *roles;
    size_t role_count, role_room;
    gb_node output;
    bool failed, no_memory;
    char why[512];                      /* the first error */
    char **strings;                     /* names owned by the graph */
    size_t string_count, string_room;
};

/* An empty graph with the weights of `network`, which it takes over. If out of memory, frees the network and returns
 * NULL. */
gb_graph *gb_graph_from_network(gb_network *network);

/* Records an error of the builder; the first message is kept. */
void gb_graph_fail(gb_graph *graph, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same if out of memory. */
void gb_graph_fail_no_memory(gb_graph *graph);

/* Makes room for one more element; leaves the array unchanged if out of memory. */
bool gb_graph_reserve(gb_graph *graph, void **array, size_t count, size_t *room, size_t element);
/* A copy that the graph owns; NULL for NULL or if out of memory. */
const char *gb_graph_keep(gb_graph *graph, const char *text);

/* Call once the graph is complete: finds the node of each alias, the origin's aliases first. Aliases without a node are
 * dropped. */
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
/* The role entry of the node, or NULL: its first role if `wanted` is GB_ROLE_NONE, otherwise the role `wanted`. */
const gb_node_role *gb_graph_role_of(const gb_graph *graph, gb_node node, gb_role wanted);
/* The random numbers from which the network's origin draws z. */
gb_rng gb_origin_rng(const gb_graph *graph);
/* The n-th alias of a node (0 is the first), or NULL. */
const char *gb_graph_alias_of(const gb_graph *graph, gb_node node, size_t n);
/* Shell glob: * ? [a-z]; '*' matches dots and slashes too. */
bool gb_glob_matches(const char *pattern, const char *text);
/* True if the node's name or one of its aliases matches the glob. */
bool gb_graph_matches(const gb_graph *graph, gb_node node, const char *glob);
/* The known name that is most similar to `name`, for messages; NULL if none is near. */
const char *gb_graph_nearest(const gb_graph *graph, const char *name);

/* The weights of a node by slot: weight[] of the operation, then its bias, strength and scale. NULL if it has none
 * there. */
enum { GB_SLOT_BIAS = GB_MAX_WEIGHTS, GB_SLOT_STRENGTH, GB_SLOT_SCALE, GB_WEIGHT_SLOTS };
const char *gb_weight_in_slot(const gb_graph_node *node, int slot);

/* The input that an element-wise node transforms; of an ADD, the input that is computed later. */
gb_node gb_main_input(const gb_graph_node *node);

#endif
