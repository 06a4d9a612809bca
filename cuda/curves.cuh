/* The activations of ops/curves.h on the GPU, for one float per thread: the same roundings in the same order, and
 * therefore the same bits, except for denormals, which the GPU keeps. */
#ifndef GB_CUDA_CURVES_CUH
#define GB_CUDA_CURVES_CUH

#include <cuda_runtime.h>
#include <math.h>
#include <stdint.h>

#include "ops/ops.h"

typedef float vec;
typedef uint32_t bits;

#define CURVE __device__ static inline
#define OUT_OF_LINE __device__ static __noinline__        /* one copy per kernel, called unless it is lrelu */
/* The host fills in default values, so all parameters are given. */
#define ACT_DEFAULT(act, i) (0.0f * (float)(act))
#define ACT_PARAMS(act) 1

CURVE vec vset1(float x) { return x; }
CURVE vec vadd(vec a, vec b) { return a + b; }
CURVE vec vsub(vec a, vec b) { return a - b; }
CURVE vec vmul(vec a, vec b) { return a * b; }
CURVE vec vdiv(vec a, vec b) { return a / b; }
CURVE vec vfma(vec a, vec b, vec c) { return fmaf(a, b, c); }
CURVE vec vfnma(vec a, vec b, vec c) { return fmaf(-a, b, c); }
CURVE vec vselect_lt(vec a, vec b, vec x, vec y) { return a < b ? x : y; }
CURVE bits vbits(vec v) { return __float_as_uint(v); }
CURVE vec vof(bits b) { return __uint_as_float(b); }

#include "ops/curves.h"

#endif
