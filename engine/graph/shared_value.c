/* Reference-counted values, see shared_value.h. */
#include "shared_value.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/platform.h"

gb_shared_value *gb_shared_value_new(const gb_allocator *allocator, uint64_t id, int samples, size_t floats) {
    gb_shared_value *value = calloc(1, sizeof *value);
    if (!value)
        return NULL;
    *value = (gb_shared_value){.references = 1, .id = id, .samples = samples, .floats = floats};
    value->data = gb_aligned_alloc_with(allocator, floats * sizeof(float));
    if (!value->data) {
        free(value);
        return NULL;
    }
    return value;
}

gb_shared_value *gb_shared_value_retain(gb_shared_value *value) {
    if (value)
        value->references++;
    return value;
}

void gb_shared_value_release(gb_shared_value *value) {
    if (value && --value->references == 0) {
        gb_aligned_free(value->data);
        free(value);
    }
}

void gb_shared_value_replace(gb_shared_value **slot, gb_shared_value *next) {
    gb_shared_value *old = *slot;
    if (old && next && old->samples == next->samples && old->floats == next->floats &&
        !memcmp(old->data, next->data, next->floats * sizeof(float))) {
        gb_shared_value_release(next);
        return;
    }
    gb_shared_value_release(old);
    *slot = next;
}
