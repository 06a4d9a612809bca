/* Convolutions whose products are those of AMX, in float32 (tile_amx.h); all other rows are those of AVX-512. */
#include "ops/simd/vec_avx512.h"

#include "ops/simd/operands_float.h"

#define GB_ISA "amx"
#define GB_ISA_RANK GB_RANK_AMX
#include "ops/simd/convolutions.h"

const gb_op_row *const gb_amx_rows[] = {&row_winograd, &row_polyphase, &row_direct, &row_conv1x1, NULL};
