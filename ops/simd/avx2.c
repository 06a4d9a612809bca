/* The fast rows for AVX2 with FMA. */
#include "ops/simd/vec_avx2.h"

#define GB_ISA "avx2"
#define GB_ISA_RANK GB_RANK_AVX2
#define GB_ISA_NAME(x) gb_avx2_##x
#include "ops/simd/rows.h"
