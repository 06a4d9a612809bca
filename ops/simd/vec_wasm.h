/* Vectors of four floats with WebAssembly's SIMD128. vec_avx512.h says how to add an instruction set. There is no fma:
 * sums use a product and an addition (SLOW_FMA in lanes.h), and vfma(), which the activations use, goes by way of doubles. */
#include <string.h>
#include <wasm_simd128.h>

#define VL 4
#define TILE_VECTORS 2      /* largest register tile: 2 vectors of outputs × 6 pixels, in the 16 registers of x86-64 */
#define SLOW_FMA 1

typedef float vec __attribute__((vector_size(4 * VL)));

static inline vec vload(const float *p) { return (vec)wasm_v128_load(p); }
static inline void vstore(float *p, vec v) { wasm_v128_store(p, (v128_t)v); }
/* No store bypasses the caches, and nothing can be prefetched. */
static inline void vstream(float *p, vec v) { vstore(p, v); }
static inline void vstream_end(void) { }
static inline void vprefetch(const void *p) { (void)p; }
static inline vec vset1(float x) { return (vec)wasm_f32x4_splat(x); }
static inline vec vadd(vec a, vec b) { return a + b; }
static inline vec vsub(vec a, vec b) { return a - b; }
static inline vec vmul(vec a, vec b) { return a * b; }
static inline vec vdiv(vec a, vec b) { return a / b; }
static inline vec vsqrt(vec a) { return (vec)wasm_f32x4_sqrt((v128_t)a); }

/* a·b + c for the two floats in the low half of each, rounded once. The product is exact in double. The sum is rounded to
 * odd: if it is inexact, its last bit is set, so that the second rounding, to float, cannot mistake it for a tie (Boldo and
 * Melquiond 2008). `error` is what the sum lost (Knuth's TwoSum). */
static inline v128_t fma_low(v128_t a, v128_t b, v128_t c) {
    const v128_t zero = wasm_f64x2_const(0.0, 0.0), one = wasm_i64x2_const(1, 1);
    v128_t product = wasm_f64x2_mul(wasm_f64x2_promote_low_f32x4(a), wasm_f64x2_promote_low_f32x4(b));
    v128_t addend = wasm_f64x2_promote_low_f32x4(c), sum = wasm_f64x2_add(product, addend);
    v128_t part = wasm_f64x2_sub(sum, product);
    v128_t error = wasm_f64x2_add(wasm_f64x2_sub(product, wasm_f64x2_sub(sum, part)), wasm_f64x2_sub(addend, part));
    /* ±1 where the last bit is even: towards the exact sum, away from zero if the error has the sum's sign. */
    v128_t step = wasm_i64x2_sub(wasm_f64x2_lt(error, zero), wasm_f64x2_gt(error, zero));
    v128_t sign = wasm_i64x2_shr(sum, 63), is_even = wasm_i64x2_sub(wasm_v128_and(sum, one), one);
    step = wasm_v128_and(wasm_i64x2_sub(wasm_v128_xor(step, sign), sign), is_even);
    return wasm_f32x4_demote_f64x2_zero(wasm_i64x2_add(sum, step));
}

static inline vec vfma(vec a, vec b, vec c) {                                        /* a·b + c */
    v128_t x = (v128_t)a, y = (v128_t)b, z = (v128_t)c;
    v128_t low = fma_low(x, y, z), high = fma_low(wasm_i32x4_shuffle(x, x, 2, 3, 2, 3), wasm_i32x4_shuffle(y, y, 2, 3, 2, 3),
                                                 wasm_i32x4_shuffle(z, z, 2, 3, 2, 3));
    return (vec)wasm_i32x4_shuffle(low, high, 0, 1, 4, 5);
}
static inline vec vfnma(vec a, vec b, vec c) { return vfma(-a, b, c); }              /* c − a·b */

/* a < b ? x : y; y if a or b is NaN. */
static inline vec vselect_lt(vec a, vec b, vec x, vec y) {
    return (vec)wasm_v128_bitselect((v128_t)x, (v128_t)y, wasm_f32x4_lt((v128_t)a, (v128_t)b));
}

/* Only the first n lanes: the others become zero, are not read, or are not written. Nearly all vectors are complete. */
static inline vec vkeep_first(vec v, int n) {
    return (vec)wasm_v128_and((v128_t)v, wasm_i32x4_lt(wasm_i32x4_const(0, 1, 2, 3), wasm_i32x4_splat(n)));
}
static inline vec vload_first(const float *p, int n) {
    float some[VL] = {0.0f};
    if (n == VL)
        return vload(p);
    memcpy(some, p, sizeof(float) * n);
    return vload(some);
}
static inline void vstore_first(float *p, int n, vec v) {
    float some[VL];
    if (n == VL) {
        vstore(p, v);
    } else {
        vstore(some, v);
        memcpy(p, some, sizeof(float) * n);
    }
}

/* a0 b0 a1 b1 … */
static inline void vinterleave(vec a, vec b, vec *low, vec *high) {
    *low = (vec)wasm_i32x4_shuffle((v128_t)a, (v128_t)b, 0, 4, 1, 5);
    *high = (vec)wasm_i32x4_shuffle((v128_t)a, (v128_t)b, 2, 6, 3, 7);
}

/* The sums over the lanes of four vectors. */
static inline void vsum4(vec a, vec b, vec c, vec d, float sums[4]) {
    vec ac[2], bd[2], even, odd;
    vinterleave(a, c, &ac[0], &ac[1]);              /* a0 c0 a1 c1, a2 c2 a3 c3 */
    vinterleave(b, d, &bd[0], &bd[1]);
    vinterleave(ac[0] + ac[1], bd[0] + bd[1], &even, &odd);
    vstore(sums, even + odd);
}
