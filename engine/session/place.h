/* Buffers that are not needed at the same time share one block of memory. */
#ifndef GB_ENGINE_PLACE_H
#define GB_ENGINE_PLACE_H

#include <stddef.h>

#include "engine/base/work.h"

typedef struct gb_span {        /* a buffer: needed from step `from` to step `to`, both included */
    size_t bytes, offset;
    int from, to;
    int owner;                  /* the caller's */
} gb_span;

enum { GB_PLACE_PAIRS = 1 << 22 };

/* Sets the offsets and returns the size of the block in `bytes`. The spans are sorted on the way. Every span, largest
 * first, gets the lowest offset at which it meets no other that lives at the same time. Once more than GB_PLACE_PAIRS
 * pairs of such spans have been compared, the remaining ones, which are the smallest, go on top of what lives at the
 * same time, where gaps are left. Takes time n log n for n spans, and memory in proportion to them. */
gb_status gb_place(gb_span *spans, int count, gb_work *work, size_t *bytes, gb_error *err);

#endif
