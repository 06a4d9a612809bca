/* Convolutions with bfloat16 products (AVX512-BF16), used only on request; all other rows are those of AVX-512. */
#include <string.h>

#include "ops/simd/vec_avx512.h"

#include "ops/simd/operands_bf16.h"

#define GB_ISA "avx512bf16"
#define GB_ISA_RANK GB_RANK_AVX512BF16
#include "ops/simd/convolutions.h"

const gb_op_row *const gb_avx512bf16_rows[] = {&row_winograd, &row_polyphase, &row_direct, &row_conv1x1, NULL};

/* The loop of rows.h with bfloat16 products: twelve chains, two multiply-adds per lane and step. */
float gb_avx512bf16_burst(int rounds) {
    operand decay[2 * VL];
    vec chain[12], sum = vset1(0.0f);
    float sums[4];
    for (int i = 0; i < 2 * VL; i++)
        decay[i] = to_operand(0.001f);
    const operands a = load_operands(decay);
    for (int j = 0; j < 12; j++)
        chain[j] = vset1((float)j / 12.0f);
    for (int i = 0; i < rounds / 2; i++)
        for (int j = 0; j < 12; j++)
            chain[j] = multiply_operands(a, a, chain[j]);
    for (int j = 0; j < 12; j++)
        sum = vadd(sum, chain[j]);
    vsum4(sum, sum, sum, sum, sums);
    return sums[0];
}
