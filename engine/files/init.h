/* Networks of a given shape with random weights: functions shared by all architectures. */
#ifndef GB_ENGINE_INIT_H
#define GB_ENGINE_INIT_H

#include "engine/base/random.h"
#include "engine/ganbend.h"
#include "weights/network.h"

typedef struct gb_random_network {
    gb_network *network;
    gb_random random;
    bool failed;            /* out of memory; later calls do nothing */
} gb_random_network;

gb_status gb_random_network_new(gb_random_network *init, uint64_t seed, gb_error *err);

/* Adds a tensor "prefix.name" (prefix may be NULL) of mean + deviation × standard normal; all tensors are drawn from
 * one random state. Returns its values, or NULL after a failure. */
float *gb_random_tensor(gb_random_network *init, const char *prefix, const char *name, int ndim, const int64_t *shape,
                        float mean, float deviation);

/* Writes the network to a file, or reports an earlier failure. Frees the network. */
gb_status gb_random_network_save(gb_random_network *init, gb_context *context, const char *out, bool half,
                                 gb_error *err);

typedef struct gb_range { const char *name; int value, low, high; } gb_range;
/* GB_BAD_ARGUMENT for the first value that is outside its range. */
gb_status gb_check_ranges(const gb_range *ranges, size_t count, gb_error *err);

#endif
