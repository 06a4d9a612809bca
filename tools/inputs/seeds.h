/* Lists of seeds, "0-15,40", stored as ranges so that their size does not matter. */
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
    uint64_t count;         /* number of seeds */
} seed_list;

/* False if `text` is not a list of seeds from 0 to 4294967295. */
bool parse_seeds(const char *text, seed_list *seeds);
uint32_t seed_at(const seed_list *seeds, uint64_t index);

#endif
