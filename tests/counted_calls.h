/* Counts the calls that the library makes to functions of the C library. A test that includes this is linked with
 * -Wl,--wrap for each of them (gb_counted_test() in CMakeLists.txt). */
#ifndef GB_TESTS_COUNTED_CALLS_H
#define GB_TESTS_COUNTED_CALLS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static struct {
    atomic_long comparisons;    /* of strings */
    atomic_long allocations;
    atomic_long locks;
} calls;

static void count_from_zero(void) {
    calls.comparisons = calls.allocations = calls.locks = 0;
}

int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

int __wrap_strcmp(const char *a, const char *b) {
    calls.comparisons++;
    return __real_strcmp(a, b);
}

void *__wrap_malloc(size_t size) {
    calls.allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    calls.allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    calls.allocations++;
    return __real_realloc(memory, size);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
    calls.allocations++;
    return __real_posix_memalign(memory, alignment, size);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
    calls.locks++;
    return __real_pthread_mutex_lock(mutex);
}

#endif
