/* Looking entries up by name; see name_index.h. */
#include "name_index.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. Even for names chosen to collide, a lookup takes at most as many steps as there are entries. */
static uint64_t hash(const char *name) {
    uint64_t h = 14695981039346656037u;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 1099511628211u;
    return h ^ (h >> 32);
}

int64_t gb_name_find(const gb_name_index *index, const char *name, gb_name_at *name_at, const void *list) {
    size_t mask = index->slot_count - 1;
    if (!index->slot_count || !name)
        return GB_NO_NAME;
    for (size_t i = hash(name) & mask; index->slots[i]; i = (i + 1) & mask)
        if (!strcmp(name_at(list, index->slots[i] - 1), name))
            return index->slots[i] - 1;
    return GB_NO_NAME;
}

static void enter(gb_name_index *index, uint32_t number, const char *name) {
    size_t mask = index->slot_count - 1, i = hash(name) & mask;
    while (index->slots[i])
        i = (i + 1) & mask;
    index->slots[i] = number + 1;
}

static bool grow(gb_name_index *index, gb_name_at *name_at, const void *list) {
    gb_name_index grown = {.slot_count = index->slot_count ? 2 * index->slot_count : 128, .count = index->count};
    grown.slots = calloc(grown.slot_count, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < index->slot_count; i++)
        if (index->slots[i])
            enter(&grown, index->slots[i] - 1, name_at(list, index->slots[i] - 1));
    free(index->slots);
    *index = grown;
    return true;
}

bool gb_name_add(gb_name_index *index, size_t number, gb_name_at *name_at, const void *list) {
    if (2 * (index->count + 1) > index->slot_count && !grow(index, name_at, list))
        return false;
    enter(index, (uint32_t)number, name_at(list, number));
    index->count++;
    return true;
}

void gb_name_index_free(gb_name_index *index) {
    free(index->slots);
    *index = (gb_name_index){0};
}
