/* The instruction sets built into this library, and the rows of each. A source like avx512.c provides NAME's rows
 * (gb_NAME_rows, ended by NULL) and its multiply-add loop; ops/cpu.c lists the sets and detects which of them this
 * processor runs. */
#ifndef GB_OPS_SIMD_H
#define GB_OPS_SIMD_H

#include "ops/ops.h"

enum {
    GB_RANK_PLAIN, GB_RANK_OPENBLAS, GB_RANK_AVX2, GB_RANK_AVX512, GB_RANK_AVX512BF16, GB_RANK_AMX, GB_RANK_AMXBF16,
    GB_RANK_NEON, GB_RANK_WASM
};

typedef struct gb_isa {
    const char *name;
    int rank, vector;                   /* vector: floats of one register */
    bool (*is_supported)(void);         /* by this processor; NULL = always */
    float (*burst)(int rounds);         /* does 12 · vector · rounds multiply-adds; its result depends on all of them */
    const gb_op_row *const *rows;       /* ended by NULL; NULL = none */
    bool bf16;                          /* multiplies in bfloat16: only chosen by name, or as the best of those */
    bool (*enable)(void);               /* asks the system for its registers; NULL = need not be asked */
} gb_isa;
extern const gb_isa gb_isas[];          /* in ascending rank, ended by an entry without a name */

extern const gb_op_row *const gb_openblas_rows[], *const gb_avx2_rows[], *const gb_avx512_rows[],
    *const gb_avx512bf16_rows[], *const gb_amx_rows[], *const gb_amxbf16_rows[], *const gb_neon_rows[],
    *const gb_wasm_rows[];
float gb_avx2_burst(int rounds);
float gb_avx512_burst(int rounds);
float gb_avx512bf16_burst(int rounds);
float gb_amxbf16_burst(int rounds);
float gb_neon_burst(int rounds);
float gb_wasm_burst(int rounds);

bool gb_x86_has_avx2(void);
bool gb_x86_has_avx512(void);
bool gb_x86_has_avx512bf16(void);
bool gb_x86_has_amx(void);
/* Linux gives the tiles to processes that ask for them, for all their threads. */
bool gb_x86_enable_amx(void);
/* Sizes of the data caches in bytes; a size that the processor does not report is left unchanged. */
void gb_x86_caches(size_t *l1, size_t *l2, size_t *l3);
void gb_arm_caches(size_t *l1, size_t *l2, size_t *l3);

#endif
