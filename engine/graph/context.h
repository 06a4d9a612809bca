/* A context: the kernels selected for this processor and the threads that run them. It does not change after it has
 * been created, so any number of threads may use it. */
#ifndef GB_ENGINE_CONTEXT_H
#define GB_ENGINE_CONTEXT_H

#include "engine/base/pool.h"
#include "engine/ganbend.h"
#include "ops/device.h"

struct gb_context {
    gb_cpu cpu;                 /* the host */
    gb_pool *pool;
    gb_device *device;          /* or NULL */
    gb_cpu device_cpu;          /* the device as rows see it */
    const gb_cpu *processor;    /* the one of the two that runs networks */
    char fallback_reason[256];  /* why "auto" fell back to the CPU; "" if it did not */
};

#endif
