/* The calls for files and folders: those of POSIX.1-2008 and, of others, flock(). Here are the system's headers, or, on
 * Windows, the same calls as far as this project uses them, in files_windows.c: paths are UTF-8, files are read and written as
 * they are, an open file can be renamed and removed, and no child process inherits one. Sources that need it define
 * _POSIX_C_SOURCE or _GNU_SOURCE before their first include.
 *
 * Everything that a system without POSIX lacks is in the files of this folder and in those named …_posix.c and …_windows.c;
 * tests/test_portability.sh holds that. */
#ifndef GB_PLATFORM_FILES_H
#define GB_PLATFORM_FILES_H

#include <stdbool.h>
#include <string.h>

#if !defined(_WIN32)

#include <dirent.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#else
#include "file_calls_windows.h"
#endif

/* Where a path's last component begins after; NULL if it has one only. */
static inline const char *gb_last_slash(const char *path) {
    const char *slash = strrchr(path, '/');
#if defined(_WIN32)
    const char *other = strrchr(path, '\\');
    slash = !slash || (other && other > slash) ? other : slash;
#endif
    return slash;
}

/* Whether a path does not depend on the current folder: "/a", on Windows also "\a", "C:/a" and "C:a". */
static inline bool gb_is_absolute(const char *path) {
#if defined(_WIN32)
    if (*path == '\\' || (*path && path[1] == ':'))
        return true;
#endif
    return *path == '/';
}

/* Whether a name from a stranger, in which '/' has been dealt with, has other means to leave its folder. */
static inline bool gb_leaves_folder(const char *name) {
#if defined(_WIN32)
    return strpbrk(name, "\\:") != NULL;
#else
    (void)name;
    return false;
#endif
}

#endif
