/* The floating-point state of a thread: rounding, denormals, traps. Kernels run under one fixed state, because their
 * results must have the same bits on every thread; user callbacks run under the caller's. */
#ifndef GB_OPS_FLOAT_STATE_H
#define GB_OPS_FLOAT_STATE_H

#include <stdint.h>

#include "ops/real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the state of all kernels: round to nearest, denormals read and written as zero, no traps. Returns the previous
 * state. Does nothing on processors other than x86-64 and AArch64: results then differ only for values below 1e-38. */
uint64_t gb_float_state_enter(void);

/* Sets the state that gb_float_state_enter() returned. */
void gb_float_state_leave(uint64_t before);

#ifdef __cplusplus
}
#endif
#endif
