/* The elements of a vector as integers, as vec_scalar.h has them for one: +, −, &, |, ~, << and >> act on each. */
#include <stdint.h>

typedef uint32_t bits __attribute__((vector_size(4 * VL)));

#define OUT_OF_LINE static __attribute__((noinline))

static inline bits vbits(vec v) { return (bits)v; }
static inline vec vof(bits b) { return (vec)b; }
