/* The floating-point control register: MXCSR on x86-64, FPCR on AArch64. */
#include "ops/float_state.h"

#if defined(__x86_64__)
#include <immintrin.h>

uint64_t gb_float_state_enter(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(0x1F80 | 0x8000 | 0x0040);       /* all exceptions masked, FTZ, DAZ */
    return before;
}

void gb_float_state_leave(uint64_t before) {
    _mm_setcsr((unsigned)before);
}

#elif defined(__aarch64__)

uint64_t gb_float_state_enter(void) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(UINT64_C(1) << 24));    /* FZ */
    return before;
}

void gb_float_state_leave(uint64_t before) {
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}

#else

uint64_t gb_float_state_enter(void) {
    return 0;
}

void gb_float_state_leave(uint64_t before) {
    (void)before;
}

#endif
