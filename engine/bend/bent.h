/* The bent graph: the model's graph with a session's bends in it. Its nodes are copies of the model's, with changed
 * activations and inputs, and new nodes behind those that are bent. Plans are made from it. */
#ifndef GB_ENGINE_BENT_H
#define GB_ENGINE_BENT_H

#include "bends.h"
#include "engine/base/work_count.h"

/* Identifies a bend in successive bent graphs, even if it is removed and added again in between. */
typedef struct gb_bend_mark {
    uint32_t key;               /* equal keys: the nodes are the same */
    uint64_t version;           /* equal versions too: they compute the same */
} gb_bend_mark;

typedef struct gb_bent {
    gb_graph graph;             /* names and network are the model's */
    gb_bend_list bends;         /* the bends in it */
    gb_bend_mark *marks;        /* one per bend */
    uint32_t last_key;
    gb_node *self;              /* node of the model → the same operation here */
    gb_node *value;             /* node of the model → the last bend on it, whose value its readers and taps get */
    bool *ws_set;               /* per node of the model: w's are set there, and TRUNCATE bends start from them */
} gb_bent;

/* Builds the bent graph; `base`, the model's graph, must outlive it. `values`: per node of the model, the value that is
 * set or fed there, or NULL. Bends that match those of `before`, which may be NULL, keep their marks: a recipe that is
 * applied again with one number changed gives the same graph with one version changed. */
gb_status gb_bent_new(const gb_graph *base, const gb_bend_list *bends, gb_shared_value *const *values,
                      const gb_bent *before, gb_work_count *work, gb_bent **bent, gb_error *err);
/* True if gb_bent_new() would build the same graph. */
bool gb_bent_is_current(const gb_bent *bent, const gb_graph *base, const gb_bend_list *bends,
                        gb_shared_value *const *values);
void gb_bent_free(gb_bent *bent);
/* True if both have the same nodes in the same order, so that a plan for one can run the other. */
bool gb_bent_same(const gb_bent *a, const gb_bent *b);

/* marks.c: sets the marks of the bends of `bent`. False if out of memory. */
bool gb_bent_mark(gb_bent *bent, const gb_graph *base, const gb_bent *before, gb_work_count *work);

/* True if two STYLE bends have the same w's. */
bool gb_same_style(const gb_bend_options *x, const gb_bend_options *y);

#endif
