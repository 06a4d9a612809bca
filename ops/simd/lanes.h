/* The lanes of a vector as integers: +, −, &, |, ~, << and >> act on each. vec_scalar.h has the same for one float. */
#include <stdint.h>

typedef uint32_t bits __attribute__((vector_size(4 * VL)));

#define OUT_OF_LINE static __attribute__((noinline))

static inline bits vbits(vec v) { return (bits)v; }
static inline vec vof(bits b) { return (vec)b; }
