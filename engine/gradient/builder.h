/* The state of gb_adjoint_append() and the functions from which rules are made. */
#ifndef GB_ENGINE_GRADIENT_BUILDER_H
#define GB_ENGINE_GRADIENT_BUILDER_H

#include "engine/base/work_count.h"
#include "engine/bend/bent.h"
#include "engine/graph/weights.h"

/* The gradient of a boundary so far: the sum of what its readers have contributed, times a factor per channel that has
 * not been applied yet. */
typedef struct gb_contribution {
    gb_node sum;                /* or GB_NO_NODE */
    gb_node scale;              /* [C], or GB_NO_NODE = 1 */
    float scale_gain;
} gb_contribution;

typedef struct gb_adjoint_builder {
    gb_bent *bent;
    const gb_graph *base;
    struct gb_adjoint *adjoint; /* the result, for adjoint.c */
    const bool *fed;            /* per node of the model: fed, so that no gradient goes past it */
    const gb_own_weights *weights;
    gb_node *weight_gradient;   /* per weight: the sum so far, or GB_NO_NODE */
    gb_contribution *gradient;  /* per node of the forward pass */
    bool *needed;               /* per node of the forward pass: something wanted depends on its gradient */
    int *uses;                  /* per node of the forward pass: its readers, and the last of them */
    gb_node *user;
    gb_node first;              /* the first node that is not of the forward pass */
    /* Per node of the forward pass, after the first walk: an adjoint reads its value; the value is not kept; and the node
     * that computes it again, or GB_NO_NODE. */
    bool *read, *dropped;
    gb_node *copy, *stack;
    bool recomputes;            /* the second walk: dropped values are computed again */
    bool straight_through;
    gb_work_count *work;
    gb_error *err;
    gb_status status;
} gb_adjoint_builder;

/* Makes the nodes for the inputs of node `i` from the gradient `g` of its value. */
typedef void gb_rule(gb_adjoint_builder *b, gb_node i, gb_node g);
/* The rule of an operation, or NULL. */
gb_rule *gb_rule_of(gb_op_id op);

/* A node of the forward pass. Appending nodes moves them. */
static inline const gb_graph_node *gb_forward(const gb_adjoint_builder *b, gb_node i) {
    return &b->bent->graph.nodes[i];
}

/* Appends an operation; `of` is the node of the forward pass that it belongs to, whose name and weights it has. Returns
 * GB_NO_NODE after an error. */
gb_node gb_adjoint_node(gb_adjoint_builder *b, gb_node of, gb_desc desc, int inputs, const gb_node *input);
/* An empty node after the last one, not counted yet; NULL after an error. */
gb_graph_node *gb_adjoint_new(gb_adjoint_builder *b);
/* Its fields, for settings beyond that. */
gb_graph_node *gb_adjoint_at(gb_adjoint_builder *b, gb_node node);
/* Adds g to the gradient of the k-th input of node i, if that is needed; with a factor per channel, which a later
 * operation may apply. */
void gb_contribute(gb_adjoint_builder *b, gb_node i, int k, gb_node g);
void gb_contribute_scaled(gb_adjoint_builder *b, gb_node i, int k, gb_node g, gb_node scale, float gain);
/* Applies the factor of the gradient of node i. */
void gb_settle(gb_adjoint_builder *b, gb_node i);
/* True if the gradient of this weight of the network is wanted; false for NULL. */
bool gb_weight_wanted(const gb_adjoint_builder *b, const char *weight);
/* Adds g to it. */
void gb_contribute_weight(gb_adjoint_builder *b, gb_node i, const char *weight, gb_node g);
/* True if the gradient of the k-th input of node i is needed. */
bool gb_input_needed(const gb_adjoint_builder *b, gb_node i, int k);
/* Records that node i has no gradient: an error, unless the request says straight_through. */
bool gb_no_gradient(gb_adjoint_builder *b, gb_node i, const char *what);

/* recompute.c: memory of the backward pass. After a walk backwards with everything kept: if the values that adjoint nodes
 * read take more than `budget` bytes for a batch of `batch`, marks those to drop, cheapest multiply-adds per byte first,
 * and returns true: the walk is then to be repeated. */
bool gb_choose_dropped(gb_adjoint_builder *b, int batch, size_t budget);
/* The node that holds the value of forward node i for an adjoint: i itself, or, if it is dropped, a copy that computes it
 * again, appended now. */
gb_node gb_value_of(gb_adjoint_builder *b, gb_node i);

#endif
