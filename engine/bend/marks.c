/* Which bends are those that were there before. A program that holds its bends as a recipe takes all of them away and
 * adds them anew for every number that moves; what the bends do, not who added them, decides what runs again. */
#include <stdlib.h>
#include <string.h>

#include "bent.h"

static bool same_bytes(const void *a, const void *b, size_t size) {
    return !a == !b && (!a || !size || !memcmp(a, b, size));
}

static bool same_floats(float a, float b) {
    return !memcmp(&a, &b, sizeof a);
}

/* The features that were drawn or listed, on the same places. */
static bool same_sites(const gb_bend_entry *a, const gb_bend_entry *b) {
    if (a->site_count != b->site_count)
        return false;
    for (int i = 0; i < a->site_count; i++) {
        const gb_bend_site *x = &a->sites[i], *y = &b->sites[i];
        if (x->features != y->features || !same_bytes(x->feature, y->feature, (size_t)x->features * sizeof *x->feature))
            return false;
    }
    return true;
}

static bool same_painting(const gb_bend_options *x, const gb_bend_options *y, const gb_graph_node *node) {
    size_t floats = (size_t)x->vector_count * (size_t)node->shape[0];
    return x->vector_count == y->vector_count && x->grid == y->grid &&
           same_bytes(x->vectors, y->vectors, floats * sizeof *x->vectors) && x->mask_h == y->mask_h &&
           x->mask_w == y->mask_w &&
           same_bytes(x->mask, y->mask, (size_t)x->mask_h * (size_t)x->mask_w * sizeof *x->mask);
}

static bool same_values(const gb_bend_options *x, const gb_bend_options *y, const gb_graph_node *node) {
    size_t floats = (size_t)(x->samples ? x->samples : 1);
    for (int i = 0; i < node->ndim; i++)
        floats *= (size_t)node->shape[i];
    return x->samples == y->samples && x->add == y->add && same_floats(x->keep, y->keep) &&
           same_bytes(x->values, y->values, floats * sizeof *x->values);
}

bool gb_same_style(const gb_bend_options *x, const gb_bend_options *y) {
    return x->seed == y->seed && x->set_psi == y->set_psi && (!x->set_psi || same_floats(x->psi, y->psi)) &&
           x->set_label == y->set_label && (!x->set_label || x->label == y->label);
}

/* Bends whose nodes can stand for each other's: the same operation, asked for at the same place. */
static bool same_place(const gb_bend_entry *a, const gb_bend_entry *b) {
    return a->options.kind == b->options.kind && a->filter == b->filter && !strcmp(a->options.at, b->options.at);
}

/* What a callback does nobody knows but the caller: one that was added anew is another. */
static bool same_bend(const gb_bend_entry *a, const gb_bend_entry *b, const gb_graph *base) {
    const gb_bend_options *x = &a->options, *y = &b->options;
    if (a == b)
        return true;
    if (!same_place(a, b) || !same_sites(a, b))
        return false;
    const gb_graph_node *node = &base->nodes[a->sites[0].node];
    switch (x->kind) {
    case GB_BEND_FILTER:
    case GB_BEND_ACTIVATION:
        return a->activation == b->activation && a->param_count == b->param_count &&
               same_bytes(a->params, b->params, (size_t)a->param_count * sizeof *a->params) &&
               x->drop_bias == y->drop_bias && x->set_gain == y->set_gain && same_floats(x->gain, y->gain);
    case GB_BEND_PAINT:
        return same_painting(x, y, node);
    case GB_BEND_DISABLE:
        return true;
    case GB_BEND_NOISE:
        return same_floats(x->factor, y->factor) && x->reseed == y->reseed && (!x->reseed || x->seed == y->seed);
    case GB_BEND_SET:
        return same_values(x, y, node);
    case GB_BEND_TRUNCATE:
        return same_floats(x->psi, y->psi);
    case GB_BEND_STYLE:
        return gb_same_style(x, y) && same_floats(x->keep, y->keep);
    case GB_BEND_CALLBACK:
        break;
    }
    return false;
}

/* The bend of `before` that bend `i` is, at best in the same place of the list; -1 for none. `taken` ones are others. */
static int find(const gb_bent *bent, int i, const gb_graph *base, const gb_bent *before, const bool *taken, bool exact) {
    const gb_bend_entry *entry = bent->bends.entries[i];
    int count = before->bends.count;
    for (int k = 0, j = i < count ? i : 0; k < count; k++, j = j + 1 < count ? j + 1 : 0)
        if (!taken[j] && (exact ? same_bend(entry, before->bends.entries[j], base)
                                : same_place(entry, before->bends.entries[j])))
            return j;
    return -1;
}

bool gb_bent_mark(gb_bent *bent, const gb_graph *base, const gb_bent *before) {
    int count = bent->bends.count, old = before ? before->bends.count : 0;
    bool *taken = calloc((size_t)old + 1, sizeof *taken);
    bent->marks = calloc((size_t)count + 1, sizeof *bent->marks);
    bent->last_key = before ? before->last_key : 0;
    /* First those that nothing changed in, so that no other takes their place. */
    for (int exact = 1; exact >= 0 && taken && bent->marks; exact--)
        for (int i = 0; i < count && old; i++) {
            int j = bent->marks[i].key ? -1 : find(bent, i, base, before, taken, exact);
            if (j < 0)
                continue;
            taken[j] = true;
            bent->marks[i] = before->marks[j];
            if (!exact)
                bent->marks[i].version = bent->bends.entries[i]->version;
        }
    for (int i = 0; bent->marks && i < count; i++)
        if (!bent->marks[i].key)
            bent->marks[i] = (gb_bend_mark){++bent->last_key, bent->bends.entries[i]->version};
    bool done = taken && bent->marks;
    free(taken);
    return done;
}
