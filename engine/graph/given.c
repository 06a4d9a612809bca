/* Values that are set once and shared. */
#include "given.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/platform.h"

gb_given *gb_given_new(uint64_t id, int samples, size_t floats) {
    gb_given *given = calloc(1, sizeof *given);
    if (!given)
        return NULL;
    *given = (gb_given){.users = 1, .id = id, .samples = samples, .floats = floats};
    given->data = gb_aligned_alloc(floats * sizeof(float));
    if (!given->data) {
        free(given);
        return NULL;
    }
    return given;
}

gb_given *gb_given_share(gb_given *given) {
    if (given)
        given->users++;
    return given;
}

void gb_given_release(gb_given *given) {
    if (given && --given->users == 0) {
        gb_aligned_free(given->data);
        free(given);
    }
}

void gb_given_replace(gb_given **slot, gb_given *next) {
    gb_given *old = *slot;
    if (old && next && old->samples == next->samples && old->floats == next->floats &&
        !memcmp(old->data, next->data, next->floats * sizeof(float))) {
        gb_given_release(next);
        return;
    }
    gb_given_release(old);
    *slot = next;
}
