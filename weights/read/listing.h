/* The arrays and plain facts inside a value, under the paths a person would give them. */
#ifndef GB_WEIGHTS_READ_LISTING_H
#define GB_WEIGHTS_READ_LISTING_H

#include "value.h"

/* Memo references let a small file describe an endless tree, so a walk may look at `visits` values in all and go 100
 * levels deep; beyond either the arrays' listing fails with a reason, and the facts' one ends. A value inside itself is
 * passed over. */
bool gb_list_arrays(const gb_value *root, size_t visits, gb_arena *arena, gb_named_array **list, size_t *count,
                    gb_reason *why);

void gb_list_facts(const gb_value *root, size_t visits, size_t limit,
                   void (*fact)(void *arg, const char *path, const char *text), void *arg);

#endif
