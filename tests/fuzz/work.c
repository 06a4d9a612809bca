/* The entry of every fuzz target: runs it, and fails if it did more work than its input is worth. Work is the number of
 * basic blocks that ran, which the compiler counts (-fsanitize-coverage=trace-pc); a target is allowed WORK_BASE of them, and
 * WORK_PER_BYTE for each byte of the input. With FUZZ_SHOW_WORK in the environment, each record is printed. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NO_COUNT __attribute__((no_sanitize("coverage")))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int TARGET(const uint8_t *data, size_t size);
void __wrap___sanitizer_cov_trace_pc(void);

static uint64_t blocks;     /* of all threads; a count that a race loses does no harm */

/* Called in place of __sanitizer_cov_trace_pc(), of which libFuzzer has one that does nothing. */
NO_COUNT void __wrap___sanitizer_cov_trace_pc(void) {
    __atomic_store_n(&blocks, __atomic_load_n(&blocks, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

NO_COUNT int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static double most;
    const uint64_t allowed = (uint64_t)WORK_BASE + (uint64_t)WORK_PER_BYTE * size;
    blocks = 0;
    int result = TARGET(data, size);
    double share = (double)blocks / (double)allowed;
    if (share > most && getenv("FUZZ_SHOW_WORK"))
        fprintf(stderr, "work: %" PRIu64 " blocks for %zu bytes, %.4f of what is allowed\n", blocks, size, most = share);
    if (blocks > allowed) {
        fprintf(stderr, "%" PRIu64 " basic blocks ran for %zu bytes; %" PRIu64 " are allowed\n", blocks, size, allowed);
        abort();
    }
    return result;
}
