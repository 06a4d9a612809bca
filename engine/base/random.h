/* The random numbers of the published generators: successive calls continue one state, as in numpy, torch and scipy. */
#ifndef GB_ENGINE_RANDOM_H
#define GB_ENGINE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gb_random {
    uint32_t state[624];
    int next;           /* index of the next word; 624 = the next words must be generated first */
    bool kept;          /* normal numbers come in pairs: `spare` is the second of the last pair */
    double spare;
} gb_random;

/* numpy.random.RandomState(seed), torch.manual_seed(seed): the seed is taken modulo 2³². */
void gb_random_seed(gb_random *r, uint64_t seed);

/* The generator's next 32 bits. */
uint32_t gb_random_word(gb_random *r);
/* RandomState.randn(count), to the bit. */
void gb_random_numpy(gb_random *r, size_t count, double *out);
/* torch.randn(count) on the CPU; torch uses one method below 16 numbers and another from 16. */
void gb_random_torch(gb_random *r, size_t count, float *out);
/* scipy.stats.truncnorm.rvs(-2, 2, size=count, random_state=RandomState(seed)). */
void gb_random_truncnorm(gb_random *r, size_t count, double *out);

#endif
