/* An index by name over a list of entries that its owner keeps: entry number i has the name that name_at(list, i)
 * returns. Open addressing, at most half full. */
#ifndef GB_WEIGHTS_NAME_INDEX_H
#define GB_WEIGHTS_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gb_name_index {
    uint32_t *slots;            /* entry number + 1; 0 is free. `slot_count` is a power of two, or 0 */
    size_t slot_count, count;
} gb_name_index;

typedef const char *gb_name_at(const void *list, size_t number);

enum { GB_NO_NAME = -1 };

/* The number of the entry with this name, or GB_NO_NAME. `name` may be NULL. */
int64_t gb_name_find(const gb_name_index *index, const char *name, gb_name_at *name_at, const void *list);
/* Adds entry `number`, whose name is not in the index yet. False when out of memory. */
bool gb_name_add(gb_name_index *index, size_t number, gb_name_at *name_at, const void *list);
void gb_name_index_free(gb_name_index *index);

#endif
