/* Vectors of sixteen floats with AVX-512.
 *
 * To add an instruction set: write a file like this one and a source like avx512.c that includes it; declare its rank,
 * rows and burst in simd.h; add its name and detection to the table in ops/cpu.c and its flags to ops/CMakeLists.txt.
 *   VL            floats of a register, 4 to 16; also the channel block of feature maps
 *   TILE_VECTORS  4 if 24 sums, 4 weights and a broadcast fit into the registers, else 2 (12 sums)
 *   SLOW_FMA      defined if vfma and vfnma are more than one instruction: sums then do without them (lanes.h)
 * Each function must round once, vfma and vfnma too, because epilogues have to give the bits of plain C. `check_ops
 * --isa NAME` checks the new rows. In the assembly of multiply_tile() (tile.h), no sum may be spilled inside the
 * loop. */
#include <immintrin.h>

#define VL 16
#define TILE_VECTORS 4      /* largest register tile: 4 vectors of outputs × 6 pixels, in 32 registers */

typedef __m512 vec;

static inline vec vload(const float *p) { return _mm512_loadu_ps(p); }
static inline void vstore(float *p, vec v) { _mm512_storeu_ps(p, v); }
/* Stores that bypass the caches. p is aligned to a vector; a task that uses them ends with vstream_end(). */
static inline void vstream(float *p, vec v) { _mm512_stream_ps(p, v); }
static inline void vstream_end(void) { _mm_sfence(); }
static inline void vprefetch(const void *p) { _mm_prefetch((const char *)p, _MM_HINT_T0); }
static inline vec vset1(float x) { return _mm512_set1_ps(x); }
static inline vec vadd(vec a, vec b) { return _mm512_add_ps(a, b); }
static inline vec vsub(vec a, vec b) { return _mm512_sub_ps(a, b); }
static inline vec vmul(vec a, vec b) { return _mm512_mul_ps(a, b); }
static inline vec vdiv(vec a, vec b) { return _mm512_div_ps(a, b); }
static inline vec vsqrt(vec a) { return _mm512_sqrt_ps(a); }
static inline vec vfma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }     /* a·b + c */
static inline vec vfnma(vec a, vec b, vec c) { return _mm512_fnmadd_ps(a, b, c); }   /* c − a·b */

/* a < b ? x : y; y if a or b is NaN. */
static inline vec vselect_lt(vec a, vec b, vec x, vec y) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}

/* Only the first n lanes: the others become zero, are not read, or are not written. */
static inline __mmask16 first_mask(int n) { return (__mmask16)((1u << n) - 1); }
static inline vec vkeep_first(vec v, int n) { return _mm512_maskz_mov_ps(first_mask(n), v); }
static inline vec vload_first(const float *p, int n) { return _mm512_maskz_loadu_ps(first_mask(n), p); }
static inline void vstore_first(float *p, int n, vec v) { _mm512_mask_storeu_ps(p, first_mask(n), v); }

/* The sums over the lanes of four vectors. */
static inline void vsum4(vec a, vec b, vec c, vec d, float sums[4]) {
    __m512 ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    __m512 cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xee));
    __m512 all = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
    all = _mm512_add_ps(all, _mm512_permute_ps(all, 0xb1));
    all = _mm512_add_ps(all, _mm512_permute_ps(all, 0x4e));
    const __m512i firsts = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    _mm_storeu_ps(sums, _mm512_castps512_ps128(_mm512_permutexvar_ps(firsts, all)));
}

/* a0 b0 a1 b1 … */
static inline void vinterleave(vec a, vec b, vec *low, vec *high) {
    const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i second = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    *low = _mm512_permutex2var_ps(a, first, b);
    *high = _mm512_permutex2var_ps(a, second, b);
}
