/* Memory for everything read from one file: allocated in blocks, freed all at once, and never more than a limit, which is
 * a small multiple of the file's size. Whatever sizes a file claims, it cannot make the reader take more. */
#ifndef GB_WEIGHTS_ARENA_H
#define GB_WEIGHTS_ARENA_H

#include <stddef.h>

#include "reason.h"

typedef struct gb_arena gb_arena;

gb_arena *gb_arena_new(size_t limit);       /* NULL if out of memory */
void gb_arena_free(gb_arena *a);

/* 64 MiB + 8 × the file's size. */
size_t gb_arena_limit_for(size_t file_size);

/* Zeroed, aligned for any type; NULL if that would exceed the limit, or if out of memory. */
void *gb_arena_take(gb_arena *a, size_t size);

/* A copy with a zero byte after it. */
char *gb_arena_text(gb_arena *a, const char *text, size_t size);

/* To be called when something could not be allocated, in the arena or beside it: reports that the limit is reached, or that
 * memory ran out before it. Returns false. */
bool gb_arena_full(const gb_arena *a, gb_reason *why);

#endif
