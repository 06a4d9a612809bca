/* Hashes of settings and contents: one round of splitmix64 for each value, so that the order of the values matters. */
#ifndef GB_ENGINE_MIX_H
#define GB_ENGINE_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ops/splitmix.h"

static inline uint64_t gb_mix(uint64_t h, uint64_t x) {
    return gb_splitmix64(h + x);
}

static inline uint64_t gb_mix_float(uint64_t h, float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return gb_mix(h, bits);
}

/* `bytes` may be NULL, which hashes differently from any array. */
static inline uint64_t gb_mix_bytes(uint64_t h, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    if (!bytes)
        return gb_mix(h, UINT64_MAX);
    h = gb_mix(h, size);
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, at + i, size - i < sizeof word ? size - i : sizeof word);
        h = gb_mix(h, word);
    }
    return h;
}

#endif
