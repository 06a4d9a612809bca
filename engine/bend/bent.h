/* The graph with a session's bends in it: nodes of the model's graph with other activations, other inputs, and new nodes
 * behind those that are bent. Plans are made of this one. */
#ifndef GB_ENGINE_BENT_H
#define GB_ENGINE_BENT_H

#include "bends.h"
#include "engine/base/work.h"

/* What a bend is known by from one bent graph to the next, whoever handed it in and how often. */
typedef struct gb_bend_mark {
    uint32_t key;               /* the same: its nodes are the same nodes */
    uint64_t version;           /* the same too: they do the same */
} gb_bend_mark;

typedef struct gb_bent {
    gb_graph graph;             /* names and network are the model's */
    gb_bend_list bends;         /* that it was made of */
    gb_bend_mark *marks;        /* one for each */
    uint32_t last_key;
    gb_node *self;              /* node of the model → the same operation here */
    gb_node *value;             /* node of the model → what its readers and taps get */
    bool *ws_given;             /* node of the model: TRUNCATE bends start from w's that were given in its place */
} gb_bent;

/* `base` outlives it. `given`: per node of the model, what is set in its place, or NULL. Bends that are those of
 * `before`, which may be NULL, keep their marks: a recipe that is applied again with one number changed is the same graph
 * with one version changed. */
gb_status gb_bent_new(const gb_graph *base, const gb_bend_list *bends, gb_given *const *given, const gb_bent *before,
                      gb_work *work, gb_bent **bent, gb_error *err);
/* True where it is still the graph that gb_bent_new() would make. */
bool gb_bent_is_current(const gb_bent *bent, const gb_graph *base, const gb_bend_list *bends, gb_given *const *given);
void gb_bent_free(gb_bent *bent);
/* True where both have the same nodes in the same order, so that a plan of one serves the other. */
bool gb_bent_same(const gb_bent *a, const gb_bent *b);

/* marks.c: gives the bends of `bent` their marks. False when out of memory. */
bool gb_bent_mark(gb_bent *bent, const gb_graph *base, const gb_bent *before, gb_work *work);

/* True where two STYLE bends have the same w's. */
bool gb_same_style(const gb_bend_options *x, const gb_bend_options *y);

/* Whether the layer that ends in this node can be disabled: its input can be brought to its output's shape. */
bool gb_can_disable(const gb_graph *base, gb_node node);

#endif
