/* The value of an input, of a fed boundary or of a noise map: shared between a session's settings and the copy that a
 * transaction keeps, and never changed once it is set. */
#ifndef GB_ENGINE_GIVEN_H
#define GB_ENGINE_GIVEN_H

#include <stddef.h>
#include <stdint.h>

typedef struct gb_given {
    int users;
    uint64_t id;                /* different for different values of a session */
    int samples;                /* the batch, or 1: the same for every sample */
    size_t floats;
    float *data;                /* samples × the node's shape, NCHW */
} gb_given;

/* Room for `floats`, undefined; NULL when memory is out. */
gb_given *gb_given_new(uint64_t id, int samples, size_t floats);
gb_given *gb_given_share(gb_given *given);      /* one user more; takes NULL */
void gb_given_release(gb_given *given);         /* one user less; takes NULL */
/* Puts `next` in `slot`, unless the same values are there already: then what was computed from them stays valid. */
void gb_given_replace(gb_given **slot, gb_given *next);

#endif
