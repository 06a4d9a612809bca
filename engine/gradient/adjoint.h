/* Reverse mode: appends to a bent graph the nodes that compute gradients. With s one boundary and c its cotangent, an
 * input of the graph, the gradient of a boundary x is  (∂s/∂x)ᵀ c.  A rule per operation (rules.c) makes the nodes for
 * its inputs from the gradient of its output, walking the graph backwards; contributions of several readers are added.
 * Only boundaries between s and those that are wanted get a gradient. Gradients of weights are sums over the batch. */
#ifndef GB_ENGINE_ADJOINT_H
#define GB_ENGINE_ADJOINT_H

#include "engine/base/work_count.h"
#include "engine/bend/bent.h"
#include "engine/graph/weights.h"

/* What a gradient is wanted of. */
typedef struct gb_want {
    gb_node node;               /* of the model's graph */
    bool params;                /* of the parameters of its activation instead of its value */
} gb_want;

typedef struct gb_adjoint_request {
    const gb_want *wants;
    int want_count;
    const gb_own_weights *weights;      /* those that are trained get a gradient */
    gb_node seed;               /* of the model's graph: the boundary s */
    gb_shared_value *const *values;     /* per node of the model: set or fed there, or NULL */
    bool straight_through;      /* operations without a gradient pass it on unchanged */
    int batch;
    size_t keep_bytes;          /* for values of the forward pass; above it they are computed again */
    gb_work_count *work;
} gb_adjoint_request;

typedef struct gb_adjoint {
    gb_node first;              /* of the graph's nodes: those of the forward pass come before */
    gb_node cotangent;          /* the input c */
    gb_node seed;
    gb_node *gradient;          /* per want: the node that computes it; GB_NO_NODE = zero */
    gb_want *wants;
    int want_count;
    gb_node *weight_gradient;   /* per weight of the request: the node that computes it; GB_NO_NODE = zero or not wanted */
    int weight_count, trained;  /* those of the request */
    bool straight_through;
    bool *fed;                  /* per node of the model: fed, so that no gradient goes past it */
    int base_count;
} gb_adjoint;

/* Appends the nodes to `bent`. If it fails, `bent` is to be freed. */
gb_status gb_adjoint_append(const gb_adjoint_request *request, const gb_graph *base, gb_bent *bent, gb_adjoint **adjoint,
                            gb_error *err);
/* True if gb_adjoint_append() would append the same nodes to the same bent graph. */
bool gb_adjoint_is_current(const gb_adjoint *adjoint, const gb_adjoint_request *request, const gb_graph *base);
void gb_adjoint_free(gb_adjoint *adjoint);

/* True if the weight in this slot of the node has a gradient. */
bool gb_slot_has_gradient(const gb_graph_node *node, int slot);

#endif
