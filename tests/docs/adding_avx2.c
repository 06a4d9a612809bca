/* docs/examples/adding/product_simd.h compiled for AVX2, as ops/simd/avx2.c compiles the rows of the library. */
#include "ops/simd/vec_avx2.h"

#define GB_ISA "avx2"
#define GB_ISA_RANK GB_RANK_AVX2
#define GB_ISA_NAME(x) gb_adding_##x
float gb_adding_burst(int rounds);
#include "ops/simd/rows.h"

#include "docs/examples/adding/product_simd.h"

extern const gb_op_row *const gb_adding_product;
const gb_op_row *const gb_adding_product = &row_product;
