/* Making up networks of a given shape with random weights: what the makers of all architectures share. */
#ifndef GB_ENGINE_INIT_H
#define GB_ENGINE_INIT_H

#include "weights/network.h"
#include "engine/ganbend.h"
#include "engine/base/random.h"

typedef struct gb_maker {
    gb_network *network;
    gb_random random;
    bool failed;            /* memory was out; what follows does nothing */
} gb_maker;

gb_status gb_maker_new(gb_maker *m, uint64_t seed, gb_error *err);

/* A tensor "prefix.name" (prefix may be NULL) of mean + deviation × standard normal, one number after the other from
 * the seed. Returns its values, or NULL once something failed. */
float *gb_make(gb_maker *m, const char *prefix, const char *name, int ndim, const int64_t *shape, float mean,
               float deviation);

/* The network as a file, unless something failed. Takes what the maker holds. */
gb_status gb_maker_save(gb_maker *m, gb_context *context, const char *out, bool half, gb_error *err);

typedef struct gb_extent { const char *name; int value, low, high; } gb_extent;
/* GB_BAD_ARGUMENT with the first of them that is outside its range. */
gb_status gb_check_extents(const gb_extent *extents, size_t count, gb_error *err);

#endif
