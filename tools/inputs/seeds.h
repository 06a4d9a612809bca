/* Lists of seeds as people write them, "0-15,40", kept as ranges: no memory in proportion to their width. */
#ifndef GANBEND_TOOLS_SEEDS_H
#define GANBEND_TOOLS_SEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct seed_range { uint32_t first, last; } seed_range;

enum { SEED_RANGES = 256 };

typedef struct seed_list {
    seed_range ranges[SEED_RANGES];
    size_t range_count;
    uint64_t count;         /* of seeds */
} seed_list;

/* False where `text` is no such list; seeds go from 0 to 4294967295. */
bool parse_seeds(const char *text, seed_list *seeds);
uint32_t seed_at(const seed_list *seeds, uint64_t index);

#endif
