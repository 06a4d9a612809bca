/* What the fast rows offer to the tables of ops/: which instruction sets were built in, and their rows. */
#ifndef GB_OPS_SIMD_H
#define GB_OPS_SIMD_H

#include "ops/ops.h"

#ifndef GB_WITH_AVX2
#define GB_WITH_AVX2 0
#endif
#ifndef GB_WITH_AVX512
#define GB_WITH_AVX512 0
#endif
#ifndef GB_WITH_OPENBLAS
#define GB_WITH_OPENBLAS 0
#endif

enum { GB_RANK_PLAIN, GB_RANK_OPENBLAS, GB_RANK_AVX2, GB_RANK_AVX512 };

bool gb_x86_has_avx2(void);
bool gb_x86_has_avx512(void);
/* Data cache bytes; leaves alone what the processor does not tell. */
void gb_x86_caches(size_t *l1, size_t *l2, size_t *l3);

/* The rows of one instruction set, as simd/rows.h names them, and its 12 · vector · rounds multiply-adds. */
#define GB_EACH_ROW(row)                                                                                               \
    row(winograd), row(direct), row(conv1x1), row(torgb), row(linear), row(upfirdn2d), row(noise), row(bias_act),      \
    row(add), row(norm), row(upsample_nearest), row(max_pool), row(slice), row(scores), row(softmax), row(mix),        \
    row(attention)

#if GB_WITH_AVX2
float gb_avx2_burst(int rounds);
#define GB_AVX2_ROW(row) gb_avx2_##row
#define GB_AVX2_ROW_AT(row) &gb_avx2_##row
extern const gb_op_row GB_EACH_ROW(GB_AVX2_ROW);
#define GB_AVX2_ROWS GB_EACH_ROW(GB_AVX2_ROW_AT),
#else
#define GB_AVX2_ROWS
#endif
#if GB_WITH_AVX512
float gb_avx512_burst(int rounds);
#define GB_AVX512_ROW(row) gb_avx512_##row
#define GB_AVX512_ROW_AT(row) &gb_avx512_##row
extern const gb_op_row GB_EACH_ROW(GB_AVX512_ROW);
#define GB_AVX512_ROWS GB_EACH_ROW(GB_AVX512_ROW_AT),
#else
#define GB_AVX512_ROWS
#endif
#if GB_WITH_OPENBLAS
extern const gb_op_row gb_linear_openblas;
#define GB_OPENBLAS_ROWS &gb_linear_openblas,
#else
#define GB_OPENBLAS_ROWS
#endif
#define GB_FAST_ROWS GB_OPENBLAS_ROWS GB_AVX2_ROWS GB_AVX512_ROWS

#endif
