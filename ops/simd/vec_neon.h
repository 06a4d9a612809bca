/* Vectors of four floats with NEON on 64-bit ARM. vec_avx512.h says how to add an instruction set. A vector is one
 * register, not two, so that 32 registers hold the largest register tile and the Winograd transforms. */
#include <arm_neon.h>
#include <string.h>

#define VL 4
#define TILE_VECTORS 4      /* largest register tile: 4 vectors of outputs × 6 pixels, in 32 registers */

typedef float32x4_t vec;

static inline vec vload(const float *p) { return vld1q_f32(p); }
static inline void vstore(float *p, vec v) { vst1q_f32(p, v); }
/* NEON has no store of one vector that bypasses the caches; cores detect long runs of stores themselves. */
static inline void vstream(float *p, vec v) { vst1q_f32(p, v); }
static inline void vstream_end(void) { }
static inline void vprefetch(const void *p) { __builtin_prefetch(p); }
static inline vec vset1(float x) { return vdupq_n_f32(x); }
static inline vec vadd(vec a, vec b) { return vaddq_f32(a, b); }
static inline vec vsub(vec a, vec b) { return vsubq_f32(a, b); }
static inline vec vmul(vec a, vec b) { return vmulq_f32(a, b); }
static inline vec vdiv(vec a, vec b) { return vdivq_f32(a, b); }
static inline vec vsqrt(vec a) { return vsqrtq_f32(a); }
static inline vec vfma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }      /* a·b + c */
static inline vec vfnma(vec a, vec b, vec c) { return vfmsq_f32(c, a, b); }     /* c − a·b */

/* fmla multiplies by one lane as fast as by a vector. GCC uses it, but copies some of these lanes to other registers first;
 * clang does not. */
#ifndef __clang__
#define OWN_FACTOR 1
typedef vec factor_vec;         /* in lane 0; the others may have any value */
static inline factor_vec vfactor(const float *p) {
    factor_vec f;
    __asm__("ldr %s0, %1" : "=w"(f) : "m"(*p));
    return f;
}
static inline vec vmadd_factor(factor_vec a, vec b, vec c) {                            /* a·b + c */
    __asm__("fmla %0.4s, %1.4s, %2.s[0]" : "+w"(c) : "w"(b), "w"(a));
    return c;
}
#endif

/* a < b ? x : y; y if a or b is NaN. */
static inline vec vselect_lt(vec a, vec b, vec x, vec y) { return vbslq_f32(vcltq_f32(a, b), x, y); }

/* Only the first n lanes: the others become zero, are not read, or are not written. Nearly all vectors are complete. */
static inline vec vkeep_first(vec v, int n) {
    const uint32_t index[VL] = {0, 1, 2, 3};
    uint32x4_t kept = vcltq_u32(vld1q_u32(index), vdupq_n_u32((uint32_t)n));
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), kept));
}
static inline vec vload_first(const float *p, int n) {
    float some[VL] = {0.0f};
    if (n == VL)
        return vld1q_f32(p);
    memcpy(some, p, sizeof(float) * n);
    return vld1q_f32(some);
}
static inline void vstore_first(float *p, int n, vec v) {
    float some[VL];
    if (n == VL) {
        vst1q_f32(p, v);
    } else {
        vst1q_f32(some, v);
        memcpy(p, some, sizeof(float) * n);
    }
}

/* The sums over the lanes of four vectors. */
static inline void vsum4(vec a, vec b, vec c, vec d, float sums[4]) {
    vst1q_f32(sums, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

/* a0 b0 a1 b1 … */
static inline void vinterleave(vec a, vec b, vec *low, vec *high) {
    *low = vzip1q_f32(a, b);
    *high = vzip2q_f32(a, b);
}
