/* Which instruction sets there are, best last, and which of them this processor runs. */
#include <stdio.h>
#include <string.h>

#include "ops/ops.h"
#include "ops/simd/simd.h"

static bool always(void) {
    return true;
}

static const struct {
    const char *name;
    int rank, vector;
    bool (*runs_here)(void);
} isas[] = {
    {"plain", GB_RANK_PLAIN, 1, always},
#if GB_WITH_OPENBLAS
    {"openblas", GB_RANK_OPENBLAS, 1, always},
#endif
#if GB_WITH_AVX2
    {"avx2", GB_RANK_AVX2, 8, gb_x86_has_avx2},
#endif
#if GB_WITH_AVX512
    {"avx512", GB_RANK_AVX512, 16, gb_x86_has_avx512},
#endif
};

bool gb_cpu_detect(gb_cpu *cpu, const char *wanted, char *names, size_t names_size) {
    bool found = false;
    size_t used = 0;
    if (names && names_size)
        names[0] = '\0';
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
        if (!isas[i].runs_here())
            continue;
        if (names && used < names_size)
            used += (size_t)snprintf(names + used, names_size - used, "%s%s", used ? ", " : "", isas[i].name);
        if (wanted && strcmp(wanted, isas[i].name))
            continue;
        cpu->isa = isas[i].name;
        cpu->rank = isas[i].rank;
        cpu->vector = isas[i].vector;
        found = true;
    }
    cpu->l1 = 32 << 10, cpu->l2 = 512 << 10, cpu->l3 = 8 << 20;
#if GB_WITH_AVX2 || GB_WITH_AVX512
    gb_x86_caches(&cpu->l1, &cpu->l2, &cpu->l3);
#endif
    return found;
}
