/* Features of an x86 processor that the operating system supports, and its caches (CPUID leaves 4 and 0x8000001D). */
#define _DEFAULT_SOURCE
#include <cpuid.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "ops/simd/simd.h"

bool gb_x86_has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool gb_x86_has_avx512(void) {
    return gb_x86_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

bool gb_x86_has_avx512bf16(void) {
    return gb_x86_has_avx512() && __builtin_cpu_supports("avx512bf16");
}

/* The kernel saves the tiles of a process only after it has asked for that. */
bool gb_x86_has_amx(void) {
    unsigned eax, ebx, ecx, edx;
    const unsigned bf16 = 1u << 22, tile = 1u << 24;
    if (!gb_x86_has_avx512() || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(edx & bf16) || !(edx & tile))
        return false;
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };       /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return false;
#endif
}

void gb_x86_caches(size_t *l1, size_t *l2, size_t *l3) {
    unsigned eax, ebx, ecx, edx, leaf = 0;
    if (__get_cpuid_count(0x8000001D, 0, &eax, &ebx, &ecx, &edx) && (eax & 31))
        leaf = 0x8000001D;
    else if (__get_cpuid_count(4, 0, &eax, &ebx, &ecx, &edx) && (eax & 31))
        leaf = 4;
    for (unsigned i = 0; leaf && i < 8; i++) {
        __cpuid_count(leaf, i, eax, ebx, ecx, edx);
        unsigned type = eax & 31, level = eax >> 5 & 7;     /* type 0 ends the list, 2 is instructions */
        if (type == 0)
            break;
        size_t bytes = (size_t)((ebx >> 22) + 1) * ((ebx >> 12 & 1023) + 1) * ((ebx & 4095) + 1) * ((size_t)ecx + 1);
        if (type != 2 && level >= 1 && level <= 3)
            *(level == 1 ? l1 : level == 2 ? l2 : l3) = bytes;
    }
}
