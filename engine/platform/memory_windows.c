/* memory.h for Windows. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "memory.h"

#include <errno.h>
#include <io.h>
#include <malloc.h>
#include <stdint.h>

#include "files.h"

void *gb_memory_map(int file, size_t size) {
    HANDLE mapping = CreateFileMappingW((HANDLE)_get_osfhandle(file), NULL, PAGE_READONLY, 0, 0, NULL);
    void *bytes = mapping ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, size) : NULL;
    if (!bytes)
        errno = gb_windows_errno(GetLastError());
    if (mapping)
        CloseHandle(mapping);           /* the view keeps it */
    return bytes;
}

void gb_memory_unmap(void *bytes, size_t size) {
    (void)size;
    UnmapViewOfFile(bytes);
}

/* Unlocking pages that are not locked takes them out of the working set. */
void gb_memory_drop(void *pages, size_t size) {
    (void)VirtualUnlock(pages, size);
}

bool gb_memory_discard(void *pages, size_t size) {
    (void)pages;
    (void)size;
    return false;
}

size_t gb_memory_page(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

void *gb_memory_alloc(size_t alignment, size_t size) {
    return _aligned_malloc(size, alignment);
}

void gb_memory_free(void *memory) {
    _aligned_free(memory);
}

void gb_memory_prefer_huge_pages(void *memory, size_t size) {
    (void)memory;                       /* they need a privilege there */
    (void)size;
}

int gb_processor_count(void) {
    DWORD_PTR own, all;
    int count = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &own, &all))
        for (; own; own &= own - 1)
            count++;
    return count ? count : 1;
}
