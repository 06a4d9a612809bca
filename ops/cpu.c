/* The table of instruction sets, and the choice of one for this processor. */
#include <stdio.h>
#include <string.h>

#include "ops/kernel.h"
#include "ops/simd/simd.h"

static float plain_burst(int rounds) {
    float chain[12] = {0}, sum = 0.0f;
    for (int i = 0; i < rounds; i++)
        for (int j = 0; j < 12; j++)
            chain[j] = chain[j] * 0.999f + 0.001f;
    for (int j = 0; j < 12; j++)
        sum += chain[j];
    return sum;
}

const gb_isa gb_isas[] = {
    {"plain", GB_RANK_PLAIN, 1, NULL, plain_burst, NULL, false, NULL},
#ifdef GB_WITH_OPENBLAS
    {"openblas", GB_RANK_OPENBLAS, 1, NULL, plain_burst, gb_openblas_rows, false, NULL},
#endif
#ifdef GB_WITH_AVX2
    {"avx2", GB_RANK_AVX2, 8, gb_x86_has_avx2, gb_avx2_burst, gb_avx2_rows, false, NULL},
#endif
#ifdef GB_WITH_AVX512
    {"avx512", GB_RANK_AVX512, 16, gb_x86_has_avx512, gb_avx512_burst, gb_avx512_rows, false, NULL},
#endif
#ifdef GB_WITH_AVX512BF16
    {"avx512bf16", GB_RANK_AVX512BF16, 16, gb_x86_has_avx512bf16, gb_avx512bf16_burst, gb_avx512bf16_rows, true, NULL},
#endif
#ifdef GB_WITH_AMX
    {"amx", GB_RANK_AMX, 16, gb_x86_has_amx, gb_avx512_burst, gb_amx_rows, false, gb_x86_enable_amx},
#endif
#ifdef GB_WITH_AMXBF16
    {"amxbf16", GB_RANK_AMXBF16, 16, gb_x86_has_amx, gb_amxbf16_burst, gb_amxbf16_rows, true, gb_x86_enable_amx},
#endif
#ifdef GB_WITH_NEON
    {"neon", GB_RANK_NEON, 4, NULL, gb_neon_burst, gb_neon_rows, false, NULL},
#endif
#ifdef GB_WITH_WASM
    {"wasm", GB_RANK_WASM, 4, NULL, gb_wasm_burst, gb_wasm_rows, false, NULL},
#endif
    {0},
};

bool gb_cpu_detect(gb_cpu *cpu, const char *wanted, char *names, size_t names_size) {
    bool found = false;
    size_t used = 0;
    if (names && names_size)
        names[0] = '\0';
    for (const gb_isa *isa = gb_isas; isa->name; isa++) {
        if (isa->is_supported && !isa->is_supported())
            continue;
        if (names && used < names_size)
            used += (size_t)snprintf(names + used, names_size - used, "%s%s", used ? ", " : "", isa->name);
        if (wanted && strcmp(wanted, "bf16") != 0 ? strcmp(wanted, isa->name) != 0 : isa->bf16 != (wanted != NULL))
            continue;
        if (isa->enable && !isa->enable())
            continue;
        cpu->isa = isa->name;
        cpu->rank = isa->rank;
        cpu->vector = isa->vector;
        cpu->bf16 = isa->bf16;
        cpu->amx = isa->enable != NULL;
        found = true;
    }
    cpu->l1 = 32 << 10, cpu->l2 = 512 << 10, cpu->l3 = 8 << 20;
#if defined(GB_WITH_AVX2) || defined(GB_WITH_AVX512)
    gb_x86_caches(&cpu->l1, &cpu->l2, &cpu->l3);
#elif defined(GB_WITH_NEON)
    gb_arm_caches(&cpu->l1, &cpu->l2, &cpu->l3);
#endif
    return found;
}

typedef struct burst_job {
    const gb_isa *isa;
    int rounds;
    float results[64];                  /* kept so that the compiler cannot drop the loop */
} burst_job;

static void burst_task(void *arg, int i, int worker) {
    burst_job *job = arg;
    (void)worker;
    job->results[i % 64] = job->isa->burst(job->rounds);
}

uint64_t gb_cpu_burst(const gb_cpu *cpu, int rounds) {
    burst_job job = {.rounds = rounds};
    for (const gb_isa *isa = gb_isas; isa->name; isa++)
        if (!strcmp(isa->name, cpu->isa))
            job.isa = isa;
    gb_parallel(cpu, cpu->workers, burst_task, &job);
    return (uint64_t)12 * cpu->vector * rounds * cpu->workers;
}
