/* What preparing a render costs. Everything between a session's settings and its plan counts the nodes, bends and buffers
 * that it looks at: tests hold the count to be near-linear, and a cancel is noticed on the way. */
#ifndef GB_ENGINE_WORK_H
#define GB_ENGINE_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

typedef struct gb_work {
    atomic_bool *cancel;        /* true: stop; NULL: never */
    uint64_t done;
} gb_work;

static inline bool gb_work_stopped(const gb_work *work) {
    return work->cancel && atomic_load_explicit(work->cancel, memory_order_relaxed);
}

/* Counts `units` more. False when the work is to stop, which is looked up once in 1024 units. */
static inline bool gb_work_on(gb_work *work, uint64_t units) {
    uint64_t before = work->done;
    work->done += units;
    return before >> 10 == work->done >> 10 || !gb_work_stopped(work);
}

static inline gb_status gb_work_cancelled(gb_error *err) {
    return gb_fail(err, GB_CANCELLED, "cancelled");
}

#endif
