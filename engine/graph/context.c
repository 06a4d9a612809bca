/* Contexts: selects kernels and device for the options, starts the thread pool, and measures the machine's peak rates,
 * with which benchmarks compare their speeds. */
#include "context.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/cuda.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/platform.h"

enum { MAX_THREADS = 1024 };

const char *gb_version(void) {
    return GB_VERSION_STRING;
}

int gb_version_number(void) {
    return GB_VERSION;
}

/* The value of an environment variable; NULL if it is unset or empty. */
static const char *environment(const char *variable) {
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

static gb_status open_device(gb_context *context, const char *device, const char *precision, gb_error *err) {
    char why[sizeof context->fallback_reason];
    bool bf16 = precision && !strcmp(precision, "bf16");
    if (precision && !bf16 && strcmp(precision, "half") && strcmp(precision, "tf32") && strcmp(precision, "fp32"))
        return gb_fail(err, GB_BAD_ARGUMENT, "unknown precision '%s'; choose half, tf32, fp32 or bf16", precision);
    if (!device || !strcmp(device, "cpu"))
        return precision && !bf16 && strcmp(precision, "fp32")
                   ? gb_fail(err, GB_BAD_ARGUMENT, "precision %s needs a GPU; the CPU has fp32 and bf16", precision)
                   : GB_OK;
    if (strcmp(device, "cuda") && strcmp(device, "auto"))
        return gb_fail(err, GB_BAD_ARGUMENT, "unknown device '%s'; choose cpu, cuda or auto", device);
    if (bf16)
        return gb_fail(err, GB_BAD_ARGUMENT, "precision bf16 needs the CPU; a GPU has half, tf32 and fp32");
    context->device = gb_cuda_open(precision, why, sizeof why);
    if (!context->device && !strcmp(device, "cuda"))
        return gb_fail(err, GB_DEVICE, "%s", why);
    if (!context->device) {
        memcpy(context->fallback_reason, why, sizeof why);
        return GB_OK;
    }
    context->device_cpu = (gb_cpu){
        .isa = "cuda", .rank = INT_MAX, .vector = 1, .workers = 1, .device = context->device,
        .allocator = context->cpu.allocator};
    context->processor = &context->device_cpu;
    return GB_OK;
}

void gb_log(const gb_context *context, gb_log_level level, const char *format, ...) {
    char line[640];
    if (!context->log)
        return;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length < 0)
        return;
    gb_make_printable(line);
    context->log(context->log_arg, level, line);
}

static void log_context(const gb_context *context) {
    if (context->fallback_reason[0])
        gb_log(context, GB_LOG_WARNING, "the CPU is used, not a GPU: %s", context->fallback_reason);
    gb_log(context, GB_LOG_INFO, "ganbend %s on %s: %s, %d thread%s, %s", gb_version(),
           context->device ? context->device->name : "the CPU", context->cpu.isa, context->cpu.workers,
           context->cpu.workers == 1 ? "" : "s", gb_context_precision(context));
}

gb_status gb_context_new(const gb_context_options *given, gb_context **out, gb_error *err) {
    gb_context_options options;
    *out = NULL;
    gb_status status = GB_TAKE_OPTIONS(gb_context_options, log_arg, &options, given, err);
    if (status)
        return status;
    if (options.allocator && (!options.allocator->alloc || !options.allocator->free))
        return gb_fail(err, GB_BAD_ARGUMENT, "an allocator needs both functions, alloc and free");
    int threads = options.threads;
    if (threads < 0 || threads > MAX_THREADS)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d threads; choose 1 to %d, or 0 for one per core", threads,
                       MAX_THREADS);
    const char *isa = options.isa, *asked_by = "";
    const char *device = options.device ? options.device : environment("GANBEND_DEVICE");
    const char *precision = options.precision ? options.precision : environment("GANBEND_PRECISION");
    if (precision && !strcmp(precision, "bf16")) {
        isa = precision;
        asked_by = "precision bf16: ";
    } else if (!isa) {
        isa = environment("GANBEND_ISA");
        asked_by = "GANBEND_ISA: ";
    }
    gb_context *context = calloc(1, sizeof *context);
    if (!context)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    char names[256];
    if (!gb_cpu_detect(&context->cpu, isa, names, sizeof names)) {
        free(context);
        return gb_fail(err, GB_BAD_ARGUMENT, "%sthis processor and build do not support '%s'; they support %s",
                       asked_by, isa ? isa : "", names);
    }
    if (threads == 0)
        threads = gb_usable_cores() < MAX_THREADS ? gb_usable_cores() : MAX_THREADS;
    context->pool = gb_pool_new(threads);
    if (!context->pool) {
        free(context);
        return gb_fail(err, GB_NO_MEMORY, "out of memory for %d threads", threads);
    }
    context->cpu.workers = gb_pool_workers(context->pool);

    /* A virtual machine of few cores names the whole cache of its processor. Processors have at most 16 MB for a core. */
    size_t share = (size_t)context->cpu.workers << 24;
    context->cpu.l3 = context->cpu.l3 < share ? context->cpu.l3 : share;
    context->cpu.parallel = gb_pool_parallel;
    context->cpu.pool = context->pool;
    context->processor = &context->cpu;
    if (options.allocator) {
        context->allocator = *options.allocator;
        context->cpu.allocator = &context->allocator;
    }
    context->log = options.log;
    context->log_arg = options.log_arg;
    status = open_device(context, device, precision, err);
    if (status)
        gb_context_free(context);
    else
        log_context(*out = context);
    return status;
}

gb_status gb_context_free(gb_context *context) {
    if (!context)
        return GB_OK;
    int models = atomic_load(&context->models);
    if (models) {
        gb_log(context, GB_LOG_ERROR,
               "gb_context_free: the context stays, for %d of its models %s open; call gb_model_close() first", models,
               models == 1 ? "is" : "are");
        return GB_BAD_ARGUMENT;
    }
    if (context->device)
        context->device->close(context->device);
    gb_pool_free(context->pool);
    free(context);
    return GB_OK;
}

const char *gb_context_device(const gb_context *context) {
    return context->device ? context->device->name : NULL;
}

const char *gb_context_precision(const gb_context *context) {
    if (context->device)
        return context->device->precision;
    return context->cpu.bf16 ? "bf16" : "fp32";
}

const char *gb_context_fallback_reason(const gb_context *context) {
    return context->fallback_reason[0] ? context->fallback_reason : NULL;
}

gb_status gb_buffer_new(gb_context *context, size_t bytes, void **buffer, gb_error *err) {
    const gb_device *device = context->device;
    *buffer = device ? device->host_alloc(device, bytes) : gb_aligned_alloc_with(context->cpu.allocator, bytes + 1);
    return *buffer ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory for %zu bytes", bytes);
}

void gb_buffer_free(gb_context *context, void *buffer) {
    if (!buffer)
        return;
    if (context->device)
        context->device->host_free(context->device, buffer);
    else
        gb_aligned_free(buffer);
}

int gb_context_threads(const gb_context *context) {
    return context->cpu.workers;
}

const char *gb_context_isa(const gb_context *context) {
    return context->cpu.isa;
}

/* The best of many short bursts, so that other load on the machine matters less. Always measured with the widest units
 * of the processor, whichever rows this context uses, so that the speeds of all rows are compared with one number. */
double gb_context_peak_gflops(gb_context *context) {
    enum { ROUNDS = 1 << 19 };      /* a few milliseconds */
    gb_cpu widest = context->cpu;
    gb_cpu_detect(&widest, NULL, NULL, 0);
    double best = 0;
    for (double end = gb_clock() + 0.1; gb_clock() < end;) {
        double start = gb_clock();
        double gflop = 2e-9 * (double)gb_cpu_burst(&widest, ROUNDS);
        double rate = gflop / (gb_clock() - start);
        if (rate > best)
            best = rate;
    }
    return best;
}

typedef struct copying { char *from, *to; size_t bytes; } copying;

static void copy_share(void *arg, int task, int worker) {
    const copying *c = arg;
    (void)worker;
    memcpy(c->to + (size_t)task * c->bytes, c->from + (size_t)task * c->bytes, c->bytes);
}

/* Both arrays together are four times the last cache, but a virtual machine may see the cache of a whole server, of which it
 * gets a part: 1 GiB has to do. */
double gb_context_memory_bandwidth(gb_context *context) {
    enum { MOST = 512 << 20, PASSES = 3 };
    const gb_cpu *cpu = &context->cpu;
    size_t bytes = 2 * cpu->l3 + (32u << 20);
    size_t share = (bytes < MOST ? bytes : MOST) / (size_t)cpu->workers, all = share * (size_t)cpu->workers;
    copying c = {gb_aligned_alloc(all), gb_aligned_alloc(all), share};
    double best = 0;
    if (c.from && c.to) {
        memset(c.from, 1, all);
        memset(c.to, 2, all);
        double end = gb_clock() + 0.1;
        for (int pass = 0; pass < PASSES || gb_clock() < end; pass++) {
            double start = gb_clock();
            cpu->parallel(cpu->pool, cpu->workers, copy_share, &c);
            double rate = 2e-9 * (double)all / (gb_clock() - start);
            if (rate > best)
                best = rate;
        }
    }
    gb_aligned_free(c.from);
    gb_aligned_free(c.to);
    return best;
}
