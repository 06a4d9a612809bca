/* A context: the kernels chosen for this processor and the threads that run them. Nothing in it changes after it is
 * made, so any number of threads may use it. */
#ifndef GB_ENGINE_CONTEXT_H
#define GB_ENGINE_CONTEXT_H

#include "../ops/ops.h"
#include "ganbend.h"
#include "pool.h"

struct gb_context {
    gb_cpu cpu;
    gb_pool *pool;
};

#endif
