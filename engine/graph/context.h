/* A context: the kernels selected for this processor and the threads that run them. Apart from the number of its
 * models it does not change after it has been created, so any number of threads may use it. */
#ifndef GB_ENGINE_CONTEXT_H
#define GB_ENGINE_CONTEXT_H

#include <stdatomic.h>

#include "engine/base/pool.h"
#include "engine/ganbend.h"
#include "ops/device.h"

struct gb_context {
    gb_cpu cpu;                 /* the host */
    gb_pool *pool;
    gb_device *device;          /* or NULL */
    gb_cpu device_cpu;          /* the device as rows see it */
    const gb_cpu *processor;    /* the one of the two that runs networks */
    gb_allocator allocator;     /* the caller's; its `alloc` is NULL if there is none */
    void (*log)(void *arg, gb_log_level level, const char *line);       /* or NULL */
    void *log_arg;
    atomic_int models;          /* that have not been closed */
    atomic_uint_least64_t sessions;     /* ever made: numbers them */
    char fallback_reason[256];  /* why "auto" fell back to the CPU; "" if it did not */
};

/* Passes one line, cut to 640 bytes and made printable, to the log of the context, if it has one. */
void gb_log(const gb_context *context, gb_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
