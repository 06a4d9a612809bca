/* The graph with a session's bends in it: nodes of the model's graph with other activations, other inputs, and new nodes
 * behind those that are bent. Plans are made of this one. */
#ifndef GB_ENGINE_BENT_H
#define GB_ENGINE_BENT_H

#include "bends.h"

typedef struct gb_bent {
    gb_graph graph;             /* names and network are the model's */
    gb_node *self;              /* node of the model → the same operation here */
    gb_node *value;             /* node of the model → what its readers and taps get */
} gb_bent;

/* `base` and the entries outlive it. */
gb_status gb_bent_new(const gb_graph *base, const gb_bend_list *bends, gb_bent **bent, gb_error *err);
void gb_bent_free(gb_bent *bent);
/* True where both have the same nodes in the same order, so that a plan of one serves the other. */
bool gb_bent_same(const gb_bent *a, const gb_bent *b);

/* Whether a layer of this name can be switched off. */
bool gb_can_disable(const gb_graph *base, gb_node node);

#endif
