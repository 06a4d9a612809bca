/* Vectors of eight floats with AVX2 and FMA. vec_avx512.h says how to add an instruction set. */
#include <immintrin.h>

#define VL 8
#define TILE_VECTORS 2      /* largest register tile: 2 vectors of outputs × 6 pixels, in 16 registers */

typedef __m256 vec;

static inline vec vload(const float *p) { return _mm256_loadu_ps(p); }
static inline void vstore(float *p, vec v) { _mm256_storeu_ps(p, v); }
/* Stores that bypass the caches. p is aligned to a vector; a task that uses them ends with vstream_end(). */
static inline void vstream(float *p, vec v) { _mm256_stream_ps(p, v); }
static inline void vstream_end(void) { _mm_sfence(); }
static inline void vprefetch(const void *p) { _mm_prefetch((const char *)p, _MM_HINT_T0); }
static inline vec vset1(float x) { return _mm256_set1_ps(x); }
static inline vec vadd(vec a, vec b) { return _mm256_add_ps(a, b); }
static inline vec vsub(vec a, vec b) { return _mm256_sub_ps(a, b); }
static inline vec vmul(vec a, vec b) { return _mm256_mul_ps(a, b); }
static inline vec vdiv(vec a, vec b) { return _mm256_div_ps(a, b); }
static inline vec vsqrt(vec a) { return _mm256_sqrt_ps(a); }
static inline vec vfma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }     /* a·b + c */
static inline vec vfnma(vec a, vec b, vec c) { return _mm256_fnmadd_ps(a, b, c); }   /* c − a·b */

/* a < b ? x : y; y if a or b is NaN. */
static inline vec vselect_lt(vec a, vec b, vec x, vec y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

/* Only the first n lanes: the others become zero, are not read, or are not written. */
static inline __m256i first_mask(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec vkeep_first(vec v, int n) { return _mm256_and_ps(v, _mm256_castsi256_ps(first_mask(n))); }
static inline vec vload_first(const float *p, int n) { return _mm256_maskload_ps(p, first_mask(n)); }
static inline void vstore_first(float *p, int n, vec v) { _mm256_maskstore_ps(p, first_mask(n), v); }

/* The sums over the lanes of four vectors. */
static inline void vsum4(vec a, vec b, vec c, vec d, float sums[4]) {
    __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1)));
}

/* a0 b0 a1 b1 … */
static inline void vinterleave(vec a, vec b, vec *low, vec *high) {
    __m256 evens = _mm256_unpacklo_ps(a, b), odds = _mm256_unpackhi_ps(a, b);
    *low = _mm256_permute2f128_ps(evens, odds, 0x20);
    *high = _mm256_permute2f128_ps(evens, odds, 0x31);
}
