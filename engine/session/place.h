/* Places buffers in one block of memory: those that are not needed at the same time may overlap. */
#ifndef GB_ENGINE_PLACE_H
#define GB_ENGINE_PLACE_H

#include <stddef.h>

#include "engine/base/work_count.h"

typedef struct gb_span {        /* a buffer: needed from step `from` to step `to`, both included */
    size_t bytes, offset;
    int from, to;
    int owner;                  /* for the caller's use */
} gb_span;

enum { GB_MAX_PLACE_PAIRS = 1 << 22 };

/* Sets the offsets, returns the size of the block in `bytes`, and sorts the spans. Each span, from the largest, gets
 * the lowest offset at which it does not overlap one that is needed at the same time. Once more than GB_MAX_PLACE_PAIRS
 * pairs have been compared, the remaining, smallest spans are placed above all that are needed at the same time, which
 * may leave gaps. Takes O(n log n) time and O(n) memory for n spans. */
gb_status gb_place(gb_span *spans, int count, gb_work_count *work, size_t *bytes, gb_error *err);

#endif
