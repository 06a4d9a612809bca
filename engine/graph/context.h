/* A context: the kernels chosen for this processor and the threads that run them. Nothing in it changes after it is
 * made, so any number of threads may use it. */
#ifndef GB_ENGINE_CONTEXT_H
#define GB_ENGINE_CONTEXT_H

#include "ops/device.h"
#include "engine/ganbend.h"
#include "engine/base/pool.h"

struct gb_context {
    gb_cpu cpu;                 /* the host */
    gb_pool *pool;
    gb_device *device;          /* or NULL */
    gb_cpu device_cpu;          /* the device as rows see it */
    const gb_cpu *processor;    /* which of the two networks run on */
    char no_device[256];        /* why "auto" took the host; "" otherwise */
};

#endif
