/* The random numbers of the published generators, drawn call by call from one state as numpy, torch and scipy do. */
#ifndef GB_ENGINE_RANDOM_H
#define GB_ENGINE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gb_random {
    uint32_t state[624];
    int next;           /* index of the next word; 624 = the state must be turned over first */
    bool kept;          /* normal numbers come in pairs: the second of the last one */
    double spare;
} gb_random;

/* numpy.random.RandomState(seed), torch.manual_seed(seed): the seed counts modulo 2³². */
void gb_random_seed(gb_random *r, uint64_t seed);

/* The generator's next 32 bits. */
uint32_t gb_random_word(gb_random *r);
/* RandomState.randn(count), to the bit. */
void gb_random_numpy(gb_random *r, size_t count, double *out);
/* torch.randn(count) on the CPU; under 16 numbers torch goes another way than from 16 on. */
void gb_random_torch(gb_random *r, size_t count, float *out);
/* scipy.stats.truncnorm.rvs(-2, 2, size=count, random_state=RandomState(seed)). */
void gb_random_truncnorm(gb_random *r, size_t count, double *out);

#endif
