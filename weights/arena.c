/* An arena of calloc'd blocks. Blocks double from 16 KiB to 1 MiB, so that a small file takes little memory and
 * a large one few calls; a larger request gets a block of its own. */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 16 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 16 };

typedef struct block {
    struct block *next;
    size_t used, size;
} block;

struct gb_arena {
    block *blocks;          /* the first one has free room */
    size_t taken, limit;    /* bytes allocated */
    size_t next_size;
    bool full;              /* something would have exceeded the limit */
};

static size_t aligned(size_t size) {
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

gb_arena *gb_arena_new(size_t limit) {
    gb_arena *a = calloc(1, sizeof *a);
    if (a) {
        a->limit = limit;
        a->next_size = FIRST_BLOCK;
    }
    return a;
}

void gb_arena_free(gb_arena *a) {
    if (!a)
        return;
    for (block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

size_t gb_arena_limit_for(size_t file_size) {
    const size_t base = (size_t)64 << 20;
    return file_size > (SIZE_MAX - base) / 8 ? SIZE_MAX : base + 8 * file_size;
}

static block *add_block(gb_arena *a, size_t size) {
    size_t header = aligned(sizeof(block));
    if (size > SIZE_MAX - header || size + header > a->limit - a->taken) {
        a->full = true;
        return NULL;
    }
    block *b = calloc(1, header + size);
    if (!b)
        return NULL;
    b->size = header + size;
    b->used = header;
    a->taken += b->size;
    return b;
}

void *gb_arena_take(gb_arena *a, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT) {
        a->full = true;
        return NULL;
    }
    size = aligned(size);
    block *b = a->blocks;
    if (!b || b->size - b->used < size) {
        bool alone = size > a->next_size / 4;
        b = add_block(a, alone ? size : a->next_size);
        if (!b)
            return NULL;
        if (alone && a->blocks) {       /* it has no free room, so the block that has stays first */
            b->next = a->blocks->next;
            a->blocks->next = b;
        } else {
            b->next = a->blocks;
            a->blocks = b;
        }
        if (!alone && a->next_size < LARGEST_BLOCK)
            a->next_size *= 2;
    }
    void *memory = (char *)b + b->used;
    b->used += size;
    return memory;
}

char *gb_arena_text(gb_arena *a, const char *text, size_t size) {
    if (size == SIZE_MAX)
        return NULL;
    char *copy = gb_arena_take(a, size + 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}

bool gb_arena_full(const gb_arena *a, gb_reason *why) {
    if (!a->full)
        return gb_because_no_memory(why);
    return gb_because(why, "reading this takes more than %zu MiB of memory, the limit for a file of its size",
                      a->limit >> 20);
}
