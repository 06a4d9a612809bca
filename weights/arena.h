/* Memory for everything read from one file: taken in blocks, given back at once, and never more than a stated limit,
 * which is a small multiple of the file's size. That limit is what ends every memory game a file can play. */
#ifndef GB_WEIGHTS_ARENA_H
#define GB_WEIGHTS_ARENA_H

#include <stddef.h>

#include "reason.h"

typedef struct gb_arena gb_arena;

gb_arena *gb_arena_new(size_t limit);       /* NULL when memory is out */
void gb_arena_free(gb_arena *a);

/* 64 MiB + 8 × the file's size. */
size_t gb_arena_limit_for(size_t file_size);

/* Zeroed, aligned for any type; NULL when the limit or memory is reached. */
void *gb_arena_take(gb_arena *a, size_t size);

/* A copy with a zero byte after it. */
char *gb_arena_text(gb_arena *a, const char *text, size_t size);

/* Says that the arena is full; returns false. */
bool gb_arena_full(const gb_arena *a, gb_reason *why);

#endif
