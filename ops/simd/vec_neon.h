/* Four floats of 64-bit ARM's NEON under the names the kernels use; vec_avx512.h says how to add another. One register
 * is the vector, not two: 32 registers of four floats then hold the widest register tile and the Winograd transforms. */
#include <arm_neon.h>
#include <string.h>

#define VL 4
#define TILE_VECTORS 4      /* widest register tile: 4 vectors of outputs by 6 pixels in 32 registers */

typedef float32x4_t vec;

static inline vec vload(const float *p) { return vld1q_f32(p); }
static inline void vstore(float *p, vec v) { vst1q_f32(p, v); }
/* There is no store past the caches for one vector; cores see a long run of stores for what it is. */
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

/* a < b ? x : y, y where a or b is NaN. */
static inline vec vselect_lt(vec a, vec b, vec x, vec y) { return vbslq_f32(vcltq_f32(a, b), x, y); }

/* The first n lanes; the others zero, not read or not written. Whole vectors are by far the most. */
static inline vec vkeep_first(vec v, int n) {
    const uint32_t lanes[VL] = {0, 1, 2, 3};
    uint32x4_t kept = vcltq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t)n));
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

/* Sums of the lanes of four vectors. */
static inline void vsum4(vec a, vec b, vec c, vec d, float sums[4]) {
    vst1q_f32(sums, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

/* a0 b0 a1 b1 … */
static inline void vinterleave(vec a, vec b, vec *low, vec *high) {
    *low = vzip1q_f32(a, b);
    *high = vzip2q_f32(a, b);
}
