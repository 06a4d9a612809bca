/* memory.h by POSIX calls; on Linux also by what it has beyond. */
#define _GNU_SOURCE     /* sched_getaffinity, madvise */
#include "memory.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *gb_memory_map(int file, size_t size) {
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

void gb_memory_unmap(void *bytes, size_t size) {
    munmap(bytes, size);
}

void gb_memory_drop(void *pages, size_t size) {
    madvise(pages, size, MADV_DONTNEED);
}

bool gb_memory_discard(void *pages, size_t size) {
#if defined(__linux__)
    return size == 0 || madvise(pages, size, MADV_DONTNEED) == 0;
#else
    (void)pages;
    (void)size;
    return false;
#endif
}

size_t gb_memory_page(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *gb_memory_alloc(size_t alignment, size_t size) {
    void *memory;
    return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

void gb_memory_free(void *memory) {
    free(memory);
}

void gb_memory_prefer_huge_pages(void *memory, size_t size) {
#if defined(MADV_HUGEPAGE)
    madvise(memory, size, MADV_HUGEPAGE);       /* advice: without it everything works as before */
#else
    (void)memory;
    (void)size;
#endif
}

int gb_processor_count(void) {
#if defined(__linux__)
    enum { MOST = 1 << 16 };    /* the kernel refuses a set smaller than its own: try larger ones */
    for (int cores = 1024; cores <= MOST; cores *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)cores);
        if (!set)
            return 1;
        size_t size = CPU_ALLOC_SIZE((size_t)cores);
        int usable = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (usable > 0)
            return usable;
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < 1 << 16 ? (int)online : 1;
}
