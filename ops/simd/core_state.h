/* Two things of a processor core that C has no word for: how floating point treats denormals, and the pause inside a
 * loop that waits. Where a processor is not known here both do nothing, and results differ only for values under 1e-38. */
#ifndef GB_OPS_CORE_STATE_H
#define GB_OPS_CORE_STATE_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>

/* Round to nearest, denormals are zero (in and out), no traps: what every kernel runs under. Returns what was before. */
static inline uint64_t gb_float_state_enter(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(0x1F80 | 0x8000 | 0x0040);       /* all exceptions masked, FTZ, DAZ */
    return before;
}

static inline void gb_float_state_leave(uint64_t before) {
    _mm_setcsr((unsigned)before);
}

static inline void gb_pause(void) {
    _mm_pause();
}

#elif defined(__aarch64__)

static inline uint64_t gb_float_state_enter(void) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(UINT64_C(1) << 24));    /* FZ */
    return before;
}

static inline void gb_float_state_leave(uint64_t before) {
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}

static inline void gb_pause(void) {
    __asm__ volatile("yield");
}

#else

static inline uint64_t gb_float_state_enter(void) {
    return 0;
}

static inline void gb_float_state_leave(uint64_t before) {
    (void)before;
}

static inline void gb_pause(void) {
}

#endif
#endif
