/* What every vector of an instruction set has in common. */
#ifndef GB_OPS_SIMD_LANES_H
#define GB_OPS_SIMD_LANES_H

#include <stdint.h>

/* The lanes of a vector as integers: +, −, &, |, ~, << and >> act on each. vec_scalar.h has the same for one float. */
typedef uint32_t bits __attribute__((vector_size(4 * VL)));

#define OUT_OF_LINE static __attribute__((noinline))

static inline bits vbits(vec v) { return (bits)v; }
static inline vec vof(bits b) { return (vec)b; }

/* a·b + c and c − a·b in sums whose bits need not be those of plain C: vfma and vfnma, except where those are slow. */
#ifdef SLOW_FMA
static inline vec vmadd(vec a, vec b, vec c) { return vadd(vmul(a, b), c); }
static inline vec vnmadd(vec a, vec b, vec c) { return vsub(c, vmul(a, b)); }
#else
static inline vec vmadd(vec a, vec b, vec c) { return vfma(a, b, c); }
static inline vec vnmadd(vec a, vec b, vec c) { return vfnma(a, b, c); }
#endif

/* A number by which all lanes are multiplied. Instruction sets that multiply by one lane of a register have their own. */
#ifndef OWN_FACTOR
typedef vec factor_vec;
static inline factor_vec vfactor(const float *p) { return vset1(*p); }
static inline vec vmadd_factor(factor_vec a, vec b, vec c) { return vmadd(a, b, c); }
#endif

#endif
