/* The lanes of any vector as integers, as ops/lane.h has them for one: +, −, &, |, ~, << and >> work lane by lane. */
#include <stdint.h>

typedef uint32_t bits __attribute__((vector_size(4 * VL)));

#define OUT_OF_LINE static __attribute__((noinline))

static inline bits vbits(vec v) { return (bits)v; }
static inline vec vof(bits b) { return (vec)b; }
