/* The part of NVIDIA's header for named ranges that cuda/ uses; the emulated GPU hands the names to a test. */
#ifndef EMULATED_NVTX_H
#define EMULATED_NVTX_H

#include "../counts.h"

static inline int nvtxRangePushA(const char *name) {
    if (emulated_named)
        emulated_named(name);
    return 0;
}

static inline int nvtxRangePop(void) {
    if (emulated_named)
        emulated_named(NULL);
    return 0;
}

#endif
