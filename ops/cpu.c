/* Which instruction sets there are, best last, and which of them this processor runs. */
#include <stdio.h>
#include <string.h>

#include "ops/rows.h"
#include "ops/simd/simd.h"

static bool always(void) {
    return true;
}

static float plain_burst(int rounds) {
    float chain[12] = {0}, sum = 0.0f;
    for (int i = 0; i < rounds; i++)
        for (int j = 0; j < 12; j++)
            chain[j] = chain[j] * 0.999f + 0.001f;
    for (int j = 0; j < 12; j++)
        sum += chain[j];
    return sum;
}

static const struct isa {
    const char *name;
    int rank, vector;
    bool (*runs_here)(void);
    float (*burst)(int rounds);         /* 12 · vector · rounds multiply-adds; what they come to */
    bool asked_for;                     /* never taken unless it is asked for by name */
} isas[] = {
    {"plain", GB_RANK_PLAIN, 1, always, plain_burst, false},
#if GB_WITH_OPENBLAS
    {"openblas", GB_RANK_OPENBLAS, 1, always, plain_burst, false},
#endif
#if GB_WITH_AVX2
    {"avx2", GB_RANK_AVX2, 8, gb_x86_has_avx2, gb_avx2_burst, false},
#endif
#if GB_WITH_AVX512
    {"avx512", GB_RANK_AVX512, 16, gb_x86_has_avx512, gb_avx512_burst, false},
#endif
#if GB_WITH_AVX512BF16
    {"avx512bf16", GB_RANK_AVX512BF16, 16, gb_x86_has_avx512bf16, gb_avx512bf16_burst, true},
#endif
#if GB_WITH_NEON
    {"neon", GB_RANK_NEON, 4, always, gb_neon_burst, false},
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
        if (wanted ? strcmp(wanted, isas[i].name) != 0 : isas[i].asked_for)
            continue;
        cpu->isa = isas[i].name;
        cpu->rank = isas[i].rank;
        cpu->vector = isas[i].vector;
        found = true;
    }
    cpu->l1 = 32 << 10, cpu->l2 = 512 << 10, cpu->l3 = 8 << 20;
#if GB_WITH_AVX2 || GB_WITH_AVX512
    gb_x86_caches(&cpu->l1, &cpu->l2, &cpu->l3);
#elif GB_WITH_NEON
    gb_arm_caches(&cpu->l1, &cpu->l2, &cpu->l3);
#endif
    return found;
}

typedef struct burst_job {
    const struct isa *isa;
    int rounds;
    float results[64];                  /* kept so that nothing is left out as unused */
} burst_job;

static void burst_task(void *arg, int i, int worker) {
    burst_job *job = arg;
    (void)worker;
    job->results[i % 64] = job->isa->burst(job->rounds);
}

uint64_t gb_cpu_burst(const gb_cpu *cpu, int rounds) {
    burst_job job = {.rounds = rounds};
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (!strcmp(isas[i].name, cpu->isa))
            job.isa = &isas[i];
    gb_parallel(cpu, cpu->workers, burst_task, &job);
    return (uint64_t)12 * cpu->vector * rounds * cpu->workers;
}
