/* Attributes of files, and errors, as Windows has them: for the files that include <windows.h> and files.h before. */
#ifndef GB_PLATFORM_ATTRIBUTES_WINDOWS_H
#define GB_PLATFORM_ATTRIBUTES_WINDOWS_H

enum { PATH_UNITS = 4096 };

/* Sets errno for the last error of Windows. */
static inline int fail(void) {
    errno = gb_windows_errno(GetLastError());
    return -1;
}

/* The path in UTF-16, and the attributes of the file; -1 with errno if the path is not valid or has no file. */
static inline int attributes_of(const char *path, wchar_t wide[PATH_UNITS], DWORD *attributes) {
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    *attributes = GetFileAttributesW(wide);
    return *attributes == INVALID_FILE_ATTRIBUTES ? fail() : 0;
}

static inline bool is_folder(const wchar_t *path) {
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

#endif
