/* Sixteen floats of AVX-512 under the names the kernels use.
 *
 * To add an instruction set: write such a file and a source like avx512.c that includes it; give it a rank and its rows
 * in simd.h, a line with its name and how it is detected in ops/cpu.c, its flags in ops/CMakeLists.txt.
 *   VL            floats of one register, 4 to 16; it is the channel block of feature maps as well
 *   TILE_VECTORS  4 where 24 sums, 4 weights and a broadcast fit the registers, else 2 (12 sums)
 * Each function rounds once, vfma and vfnma included, for check_ops holds every bit that follows an operation to plain
 * C's: `check_ops --isa NAME` shows whether the new rows are right. In the assembly of multiply_tile() (tile.h) no sum
 * may go through memory inside the loop. */
#include <immintrin.h>

#define VL 16
#define TILE_VECTORS 4      /* widest register tile: 4 vectors of outputs by 6 pixels in 32 registers */

typedef __m512 vec;

static inline vec vload(const float *p) { return _mm512_loadu_ps(p); }
static inline void vstore(float *p, vec v) { _mm512_storeu_ps(p, v); }
/* Past the caches; p is aligned to a vector, and a task that wrote so ends with vstream_end(). */
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

/* a < b ? x : y, y where a or b is NaN. */
static inline vec vselect_lt(vec a, vec b, vec x, vec y) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}

/* The first n lanes; the others zero, not read or not written. */
static inline __mmask16 first_lanes(int n) { return (__mmask16)((1u << n) - 1); }
static inline vec vkeep_first(vec v, int n) { return _mm512_maskz_mov_ps(first_lanes(n), v); }
static inline vec vload_first(const float *p, int n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
static inline void vstore_first(float *p, int n, vec v) { _mm512_mask_storeu_ps(p, first_lanes(n), v); }

/* Sums of the lanes of four vectors. */
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
