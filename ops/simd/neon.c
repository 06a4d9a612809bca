/* The fast rows for 64-bit ARM. All of these processors have NEON with fma. */
#include "ops/simd/vec_neon.h"

#define GB_ISA "neon"
#define GB_ISA_RANK GB_RANK_NEON
#define GB_ISA_NAME(x) gb_neon_##x
#include "ops/simd/rows.h"
