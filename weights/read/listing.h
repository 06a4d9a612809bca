/* The arrays and plain facts inside a value, under readable paths. */
#ifndef GB_WEIGHTS_READ_LISTING_H
#define GB_WEIGHTS_READ_LISTING_H

#include "value.h"

/* An object that stands for a tensor but cannot be read as one: quantised, sparse, nested. */
typedef struct gb_unreadable {
    const char *path, *what;        /* what: "a quantised tensor (torch._utils._rebuild_qtensor)" */
} gb_unreadable;

typedef struct gb_listing {
    gb_named_array *arrays;
    size_t count;
    gb_unreadable *unreadable;
    size_t unreadable_count;
} gb_listing;

/* Memo references let a small file describe an endless tree, so a walk may look at `visits` values in all and go 100
 * levels deep; beyond either the arrays' listing fails with a reason, and the facts' one ends. A value inside itself is
 * skipped. */
bool gb_list_arrays(const gb_value *root, size_t visits, gb_arena *arena, gb_listing *list, gb_reason *why);

/* The name of item `index` of `root` if that is one of several networks of TensorFlow's dnnlib, as in (G, D, Gs), into
 * `name`: the network's own name, or that of its place if two have the same. False if it is no such network. */
bool gb_list_network_name(const gb_value *root, size_t index, char name[64]);

void gb_list_facts(const gb_value *root, size_t visits, size_t limit,
                   void (*fact)(void *arg, const char *path, const char *text), void *arg);

#endif
