/* Mapped files, aligned memory and the number of processors. */
#ifndef GB_PLATFORM_MEMORY_H
#define GB_PLATFORM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Maps the first `size` bytes of an open file read-only; NULL, with errno, if that fails. */
void *gb_memory_map(int file, size_t size);
void gb_memory_unmap(void *bytes, size_t size);
/* Whole pages of a map that are not needed soon: they are dropped, and loaded from the file when they are read again. */
void gb_memory_drop(void *pages, size_t size);
/* Gives back whole pages of memory of gb_memory_alloc(), which stays the caller's with contents that are lost. False where the
 * system has no call for it; with size 0 it only says so. */
bool gb_memory_discard(void *pages, size_t size);
size_t gb_memory_page(void);

/* Memory at a multiple of `alignment`, a power of two; NULL if out of memory. Freed by gb_memory_free(). */
void *gb_memory_alloc(size_t alignment, size_t size);
void gb_memory_free(void *memory);
/* Asks for huge pages in this block, if the system has them. */
void gb_memory_prefer_huge_pages(void *memory, size_t size);

/* How many processors this process may run on; at least 1. */
int gb_processor_count(void);

#endif
