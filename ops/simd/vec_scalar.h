/* Vectors of one number, with the functions of the other vec_*.h, for code that is written once for all vectors
 * (ops/curves.h). Each function rounds once, as the instruction does, so the bits are those of wide vectors. */
#ifndef GB_OPS_SIMD_VEC_SCALAR_H
#define GB_OPS_SIMD_VEC_SCALAR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ops/real.h"

typedef gb_real vec;
typedef uint32_t bits;      /* the lanes of a vector as integers */

#define OUT_OF_LINE static

static inline vec vset1(gb_real x) { return x; }
static inline vec vadd(vec a, vec b) { return a + b; }
static inline vec vsub(vec a, vec b) { return a - b; }
static inline vec vmul(vec a, vec b) { return a * b; }
static inline vec vdiv(vec a, vec b) { return a / b; }
#ifdef GB_DOUBLE
static inline vec vfma(vec a, vec b, vec c) { return fma(a, b, c); }
#else
static inline vec vfma(vec a, vec b, vec c) { return fmaf(a, b, c); }
static inline vec vfnma(vec a, vec b, vec c) { return fmaf(-a, b, c); }
#endif
static inline vec vselect_lt(vec a, vec b, vec x, vec y) {
    int lower = a < b;
#ifdef __wasm__
    __asm__("" : "+r"(lower));      /* LLVM 14 makes f32.max of x < 0 ? 0 : x, which turns −0 into 0 */
#endif
    return lower ? x : y;
}

#ifndef GB_DOUBLE
static inline bits vbits(vec v) {
    bits b;
    memcpy(&b, &v, sizeof b);
    return b;
}

static inline vec vof(bits b) {
    vec v;
    memcpy(&v, &b, sizeof v);
    return v;
}
#endif

#endif
