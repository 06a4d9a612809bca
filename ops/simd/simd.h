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
#ifndef GB_WITH_AVX512BF16
#define GB_WITH_AVX512BF16 0
#endif
#ifndef GB_WITH_NEON
#define GB_WITH_NEON 0
#endif
#ifndef GB_WITH_OPENBLAS
#define GB_WITH_OPENBLAS 0
#endif

enum { GB_RANK_PLAIN, GB_RANK_OPENBLAS, GB_RANK_AVX2, GB_RANK_AVX512, GB_RANK_AVX512BF16, GB_RANK_NEON };

bool gb_x86_has_avx2(void);
bool gb_x86_has_avx512(void);
bool gb_x86_has_avx512bf16(void);
/* Data cache bytes; leaves alone what the processor does not tell. */
void gb_x86_caches(size_t *l1, size_t *l2, size_t *l3);
void gb_arm_caches(size_t *l1, size_t *l2, size_t *l3);

/* The rows of one instruction set, as simd/rows.h names them, and its 12 · vector · rounds multiply-adds. */
#define GB_EACH_ROW(row, isa)                                                                                          \
    row(isa, winograd), row(isa, polyphase), row(isa, direct), row(isa, conv1x1), row(isa, torgb), row(isa, linear),   \
    row(isa, upfirdn2d), row(isa, noise), row(isa, bias_act), row(isa, add), row(isa, batch_norm),                     \
    row(isa, upsample_nearest), row(isa, max_pool), row(isa, slice), row(isa, scores), row(isa, softmax),              \
    row(isa, mix), row(isa, attention)
#define GB_ROW(isa, name) gb_##isa##_##name
#define GB_ROW_AT(isa, name) &gb_##isa##_##name
#define GB_DECLARE_ROWS(isa)                                                                                           \
    float gb_##isa##_burst(int rounds);                                                                                \
    extern const gb_op_row GB_EACH_ROW(GB_ROW, isa);
#define GB_LIST_ROWS(isa) GB_EACH_ROW(GB_ROW_AT, isa),

#if GB_WITH_AVX2
GB_DECLARE_ROWS(avx2)
#define GB_AVX2_ROWS GB_LIST_ROWS(avx2)
#else
#define GB_AVX2_ROWS
#endif
#if GB_WITH_AVX512
GB_DECLARE_ROWS(avx512)
#define GB_AVX512_ROWS GB_LIST_ROWS(avx512)
#else
#define GB_AVX512_ROWS
#endif
#if GB_WITH_AVX512BF16
#define GB_EACH_CONVOLUTION(row, isa) row(isa, winograd), row(isa, polyphase), row(isa, direct), row(isa, conv1x1)
float gb_avx512bf16_burst(int rounds);
extern const gb_op_row GB_EACH_CONVOLUTION(GB_ROW, avx512bf16);
#define GB_AVX512BF16_ROWS GB_EACH_CONVOLUTION(GB_ROW_AT, avx512bf16),
#else
#define GB_AVX512BF16_ROWS
#endif
#if GB_WITH_NEON
GB_DECLARE_ROWS(neon)
#define GB_NEON_ROWS GB_LIST_ROWS(neon)
#else
#define GB_NEON_ROWS
#endif
#if GB_WITH_OPENBLAS
extern const gb_op_row gb_linear_openblas;
#define GB_OPENBLAS_ROWS &gb_linear_openblas,
#else
#define GB_OPENBLAS_ROWS
#endif
#define GB_FAST_ROWS GB_OPENBLAS_ROWS GB_AVX2_ROWS GB_AVX512_ROWS GB_AVX512BF16_ROWS GB_NEON_ROWS

#endif
