/* The fast rows for AVX-512 (F, BW, DQ, VL). */
#include "ops/simd/vec_avx512.h"

#define GB_ISA "avx512"
#define GB_ISA_RANK GB_RANK_AVX512
#define GB_ISA_NAME(x) gb_avx512_##x
#include "ops/simd/rows.h"
