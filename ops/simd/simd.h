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

#define GB_SIMD_ROWS

#endif
