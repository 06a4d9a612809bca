/* Operands in bfloat16 (the exponent of float32 and 8 bits of its mantissa). One instruction of AVX512-BF16 multiplies
 * two neighbouring input channels and adds the products in float32: half the memory and twice the products per
 * instruction of float32. Each operand is rounded to one part in 512. */
#include <stdint.h>

typedef uint16_t operand;
typedef __m512bh operands;               /* a register of them */
enum { PAIR = 2 };                      /* input channels that one instruction takes */

static inline void store_operands(operand *p, vec v) {
    __m256bh rounded = _mm512_cvtneps_pbh(v);
    memcpy(p, &rounded, sizeof rounded);
}

static inline operand to_operand(float x) {
    operand rounded[VL];
    store_operands(rounded, vset1(x));
    return rounded[0];
}

static inline operands load_operands(const operand *p) {
    operands v;
    memcpy(&v, p, sizeof v);
    return v;
}

typedef operands operand_factor;        /* PAIR of them in all lanes */

static inline operand_factor load_factor(const operand *p) {
    int32_t two;
    operands v;
    memcpy(&two, p, sizeof two);
    __m512i all = _mm512_set1_epi32(two);
    memcpy(&v, &all, sizeof v);
    return v;
}

static inline vec multiply_operands(operand_factor x, operands w, vec sum) { return _mm512_dpbf16_ps(sum, x, w); }
