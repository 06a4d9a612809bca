/* Parses lists of seeds: numbers and ranges, separated by commas. */
#include "seeds.h"

static bool parse_seed(const char **text, uint32_t *seed) {
    uint64_t n = 0;
    const char *p = *text;
    if (*p < '0' || *p > '9') return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (uint64_t)(*p - '0');
        if (n > UINT32_MAX) return false;
    }
    *text = p;
    *seed = (uint32_t)n;
    return true;
}

bool parse_seeds(const char *text, seed_list *seeds) {
    seeds->range_count = 0;
    seeds->count = 0;
    for (;; text++) {
        seed_range range;
        if (seeds->range_count == SEED_RANGES || !parse_seed(&text, &range.first)) return false;
        range.last = range.first;
        if (*text == '-') {
            text++;
            if (!parse_seed(&text, &range.last) || range.last < range.first) return false;
        }
        seeds->ranges[seeds->range_count++] = range;
        seeds->count += (uint64_t)range.last - range.first + 1;
        if (*text != ',') return *text == '\0';
    }
}

uint32_t seed_at(const seed_list *seeds, uint64_t index) {
    const seed_range *range = seeds->ranges;
    for (; index > (uint64_t)range->last - range->first; range++) index -= (uint64_t)range->last - range->first + 1;
    return range->first + (uint32_t)index;
}
