/* Mirrors: the GPU's copies of host memory that live values point to, found by a hash table with open addressing. */
#include <stdlib.h>
#include <string.h>

#include "cuda/stream.h"

/* The table entry of a mirror, or the free entry where it belongs. */
static uint32_t *entry_of(const gb_stream *s, const void *host, size_t bytes, uint64_t version) {
    size_t mask = 2 * s->mirror_capacity - 1;
    uint64_t h = ((uint64_t)(uintptr_t)host ^ version * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
    for (size_t i = (size_t)(h >> 32) & mask;; i = (i + 1) & mask) {
        const gb_mirror *m = s->mirror_table[i] ? &s->mirrors[s->mirror_table[i] - 1] : NULL;
        if (!m || (m->host == host && m->bytes == bytes && m->version == version))
            return &s->mirror_table[i];
    }
}

static void fill_table(gb_stream *s) {
    for (size_t i = 0; i < s->mirror_count; i++)
        *entry_of(s, s->mirrors[i].host, s->mirrors[i].bytes, s->mirrors[i].version) = (uint32_t)i + 1;
}

/* Doubles the capacity, which stays a power of two. */
static bool grow(gb_stream *s) {
    size_t capacity = s->mirror_capacity ? 2 * s->mirror_capacity : 16;
    uint32_t *table = (uint32_t *)calloc(2 * capacity, sizeof *table);
    gb_mirror *grown = table ? (gb_mirror *)realloc(s->mirrors, capacity * sizeof *grown) : NULL;
    if (!grown) {
        free(table);
        return false;
    }
    free(s->mirror_table);
    s->mirror_table = table;
    s->mirrors = grown;
    s->mirror_capacity = capacity;
    fill_table(s);
    return true;
}

void gb_drop_mirrors(gb_stream *s) {
    size_t kept = 0;
    for (size_t i = 0; i < s->mirror_count; i++) {
        gb_mirror m = s->mirrors[i];
        if (!m.in_use) {
            cudaFree(m.device);
            continue;
        }
        m.in_use = false;
        s->mirrors[kept++] = m;
    }
    if (kept == s->mirror_count)
        return;
    s->mirror_count = kept;
    memset(s->mirror_table, 0, 2 * s->mirror_capacity * sizeof *s->mirror_table);
    fill_table(s);
}

static const void *add(gb_stream *s, const void *host, size_t bytes, uint64_t version) {
    if (s->mirror_count == s->mirror_capacity && !grow(s)) {
        gb_check(s, cudaErrorMemoryAllocation, "allocating memory for a bend's values");
        return NULL;
    }
    gb_mirror m = {host, bytes, version, NULL, true};
    gb_check(s, cudaMalloc(&m.device, bytes), "allocating memory for a bend's values");
    if (!m.device)
        return NULL;
    gb_check(s, cudaMemcpyAsync(m.device, host, bytes, cudaMemcpyHostToDevice, s->handle), "uploading a bend's values");
    s->mirrors[s->mirror_count++] = m;
    *entry_of(s, host, bytes, version) = (uint32_t)s->mirror_count;
    return m.device;
}

const void *gb_stream_mirror(gb_stream *s, const void *host, size_t bytes, uint64_t version) {
    uint32_t number = s->mirror_table ? *entry_of(s, host, bytes, version) : 0;
    if (!number)
        return add(s, host, bytes, version);
    s->mirrors[number - 1].in_use = true;
    return s->mirrors[number - 1].device;
}
