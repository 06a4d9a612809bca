/* The functions that a compiler calls for memory accesses with -fsanitize=thread. Kernels compiled with that option,
 * linked with this file and without the sanitizer's library, have their accesses to shared memory watched (races.cpp). */
#include "emulated.h"

#define WATCHED extern "C" __attribute__((visibility("default")))

WATCHED void __tsan_init(void) {
    emulated_watching = true;
}

WATCHED void __tsan_func_entry(void *) {}
WATCHED void __tsan_func_exit(void) {}

#define ACCESSES(bytes)                                                                                                \
    WATCHED void __tsan_read##bytes(void *at) { emulated_access(at, bytes, false); }                                   \
    WATCHED void __tsan_write##bytes(void *at) { emulated_access(at, bytes, true); }                                   \
    WATCHED void __tsan_unaligned_read##bytes(void *at) { emulated_access(at, bytes, false); }                         \
    WATCHED void __tsan_unaligned_write##bytes(void *at) { emulated_access(at, bytes, true); }

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

WATCHED void __tsan_read_range(void *at, size_t bytes) {
    emulated_access(at, bytes, false);
}

WATCHED void __tsan_write_range(void *at, size_t bytes) {
    emulated_access(at, bytes, true);
}
