/* A reference-counted, immutable array: the value of an input, of a fed boundary or of a noise map. A session's
 * settings share it with the copy that a transaction keeps. */
#ifndef GB_ENGINE_SHARED_VALUE_H
#define GB_ENGINE_SHARED_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/ganbend.h"

typedef struct gb_shared_value {
    int references;
    uint64_t id;                /* unique in the session */
    int samples;                /* the batch size, or 1: the same for every sample */
    size_t floats;
    float *data;                /* samples × the node's shape, NCHW */
} gb_shared_value;

/* A value of `floats` floats, undefined; NULL if out of memory. */
gb_shared_value *gb_shared_value_new(const gb_allocator *allocator, uint64_t id, int samples, size_t floats);
gb_shared_value *gb_shared_value_retain(gb_shared_value *value);        /* accepts NULL */
void gb_shared_value_release(gb_shared_value *value);                   /* accepts NULL */
/* Takes `next` and stores it in `slot`, unless `slot` holds equal values already: then results computed from them stay
 * valid. */
void gb_shared_value_replace(gb_shared_value **slot, gb_shared_value *next);

#endif
