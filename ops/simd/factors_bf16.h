/* What products are made of: bfloat16 numbers (float32's exponent, 8 bits of its mantissa), two neighbouring input channels
 * multiplied and added in float32 by one instruction of AVX512-BF16. Half the bytes and twice the products of float32;
 * each factor is rounded to one part in 512. */
#include <stdint.h>

typedef uint16_t factor;
typedef __m512bh factors;               /* a register of them */
enum { PAIR = 2 };                      /* input channels that one instruction takes */

static inline void store_factors(factor *p, vec v) {
    __m256bh rounded = _mm512_cvtneps_pbh(v);
    memcpy(p, &rounded, sizeof rounded);
}

static inline factor factor_of(float x) {
    factor rounded[VL];
    store_factors(rounded, vset1(x));
    return rounded[0];
}

static inline factors load_factors(const factor *p) {
    factors v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline factors spread_factors(const factor *p) {
    int32_t two;
    factors v;
    memcpy(&two, p, sizeof two);
    __m512i all = _mm512_set1_epi32(two);
    memcpy(&v, &all, sizeof v);
    return v;
}

static inline vec multiply_factors(factors x, factors w, vec sum) { return _mm512_dpbf16_ps(sum, x, w); }
