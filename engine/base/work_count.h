/* The cost of preparing a render. All code between a session's settings and its plan counts the nodes, bends and
 * buffers that it visits. Tests check that the count grows almost linearly, and counting is also where a cancel is
 * noticed. */
#ifndef GB_ENGINE_WORK_COUNT_H
#define GB_ENGINE_WORK_COUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

typedef struct gb_work_count {
    atomic_bool *cancel;        /* true: stop; NULL: never */
    uint64_t done;              /* nodes, bends and buffers visited */
} gb_work_count;

static inline bool gb_work_cancelled(const gb_work_count *work) {
    return work->cancel && atomic_load_explicit(work->cancel, memory_order_relaxed);
}

/* Counts `units` more. False if the work has been cancelled, which is checked once in 1024 units. */
static inline bool gb_count_work(gb_work_count *work, uint64_t units) {
    uint64_t before = work->done;
    work->done += units;
    return before >> 10 == work->done >> 10 || !gb_work_cancelled(work);
}

static inline gb_status gb_fail_cancelled(gb_error *err) {
    return gb_fail(err, GB_CANCELLED, "cancelled");
}

#endif
