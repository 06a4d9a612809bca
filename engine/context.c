/* Contexts: processor and options to a gb_cpu with a pool behind it; and the measured peak that speeds are held
 * against. */
#include "context.h"

#include <stdlib.h>

#include "../ops/simd/peak.h"
#include "error.h"
#include "platform.h"

enum { MAX_THREADS = 1024 };

const char *gb_version(void) {
    return GB_VERSION;
}

gb_status gb_context_new(const gb_context_options *options, gb_context **out, gb_error *err) {
    *out = NULL;
    int threads = options ? options->threads : 0;
    if (threads < 0 || threads > MAX_THREADS)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d threads: give 1 to %d, or 0 for one on each core", threads,
                       MAX_THREADS);
    const char *isa = options ? options->isa : NULL, *asked_by = "";
    if (!isa) {
        isa = getenv("GANBEND_ISA");
        asked_by = "GANBEND_ISA: ";
        if (isa && !isa[0])
            isa = NULL;
    }
    gb_context *context = calloc(1, sizeof *context);
    if (!context)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    char names[256];
    if (!gb_cpu_detect(&context->cpu, isa, names, sizeof names)) {
        free(context);
        return gb_fail(err, GB_BAD_ARGUMENT, "%sthis processor and build have no '%s'; they have %s", asked_by,
                       isa ? isa : "", names);
    }
    if (threads == 0)
        threads = gb_usable_cores() < MAX_THREADS ? gb_usable_cores() : MAX_THREADS;
    context->pool = gb_pool_new(threads);
    if (!context->pool) {
        free(context);
        return gb_fail(err, GB_NO_MEMORY, "out of memory for %d threads", threads);
    }
    context->cpu.workers = gb_pool_workers(context->pool);
    context->cpu.parallel = gb_pool_parallel;
    context->cpu.pool = context->pool;
    *out = context;
    return GB_OK;
}

void gb_context_free(gb_context *context) {
    if (!context)
        return;
    gb_pool_free(context->pool);
    free(context);
}

int gb_context_threads(const gb_context *context) {
    return context->cpu.workers;
}

const char *gb_context_isa(const gb_context *context) {
    return context->cpu.isa;
}

/* ---------------------------------------------------------------------------------------------------- peak */

typedef struct burst {
    double end;                     /* on gb_clock() */
    double flops[MAX_THREADS];      /* by task */
} burst;

static void burst_task(void *arg, int i, int worker) {
    (void)worker;
    burst *b = arg;
    do
        b->flops[i] += gb_fma_burst(20000);
    while (gb_clock() < b->end);
}

/* The best of four slices: what the units reach when nobody disturbs them. */
double gb_context_peak_gflops(gb_context *context) {
    const double slice_seconds = 0.025;
    double best = 0;
    for (int slice = 0; slice < 4; slice++) {
        burst b = {0};
        double start = gb_clock(), flops = 0;
        b.end = start + slice_seconds;
        context->cpu.parallel(context->cpu.pool, context->cpu.workers, burst_task, &b);
        double seconds = gb_clock() - start;
        for (int i = 0; i < context->cpu.workers; i++)
            flops += b.flops[i];
        if (flops / seconds > best)
            best = flops / seconds;
    }
    return best * 1e-9;
}
