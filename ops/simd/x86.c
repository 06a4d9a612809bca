/* Features of an x86 processor that the operating system supports, and its caches (CPUID leaves 4 and 0x8000001D). */
#define _GNU_SOURCE
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

#if defined(__linux__) && defined(SYS_arch_prctl)
/* CPUID leaf 7: AMX-BF16 is bit 22 of EDX, AMX-TILE bit 24; bits 17 and 18 of XCR0 are the states of the tiles. */
bool gb_x86_has_amx(void) {
    unsigned eax, ebx, ecx, edx, low, high;
    if (!gb_x86_has_avx512bf16() || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || ~edx & (1u << 22 | 1u << 24))
        return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));         /* there is one, because AVX-512 is supported */
    return (low >> 17 & 3) == 3;
}

bool gb_x86_enable_amx(void) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };       /* ARCH_REQ_XCOMP_PERM */
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#else
bool gb_x86_has_amx(void) {
    return false;
}

bool gb_x86_enable_amx(void) {
    return false;
}
#endif

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
