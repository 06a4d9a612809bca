/* Names of files, and folders, for Windows; see files.h. */
#define WIN32_LEAN_AND_MEAN
#define _CRT_RAND_S
#include <windows.h>

#include "files.h"

#include <errno.h>
#include <wchar.h>

#include "attributes_windows.h"

#undef remove

enum { TRIES = 8 };

/* ---------------------------------------------------------------------------------------------------- names */

int gb_mkdir(const char *path, unsigned mode) {
    wchar_t wide[PATH_UNITS];
    (void)mode;
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    return CreateDirectoryW(wide, NULL) ? 0 : fail();
}

int gb_rmdir(const char *path) {
    wchar_t wide[PATH_UNITS];
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    return RemoveDirectoryW(wide) ? 0 : fail();
}

/* Programs that look at every new file, such as virus scanners, open it for a moment and do not let others rename or remove it:
 * whether that may be the reason, after a pause that grows. */
static bool is_worth_another_try(int tries) {
    DWORD code = GetLastError();
    if (tries >= TRIES || (code != ERROR_SHARING_VIOLATION && code != ERROR_ACCESS_DENIED))
        return false;
    Sleep(1u << tries);
    SetLastError(code);
    return true;
}

int gb_unlink(const char *path) {
    wchar_t wide[PATH_UNITS];
    DWORD attributes;
    if (attributes_of(path, wide, &attributes))
        return -1;
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
        errno = EISDIR;
        return -1;
    }
    if (attributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(wide, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY);
    for (int tries = 0;; tries++) {
        if (DeleteFileW(wide))
            return 0;
        if (!is_worth_another_try(tries))
            return fail();
    }
}

static int move(const char *from, const char *to, DWORD how) {
    wchar_t wide_from[PATH_UNITS], wide_to[PATH_UNITS];
    if (gb_wide(from, wide_from, PATH_UNITS) < 0 || gb_wide(to, wide_to, PATH_UNITS) < 0)
        return -1;
    for (int tries = 0;; tries++) {
        if (MoveFileExW(wide_from, wide_to, how | MOVEFILE_WRITE_THROUGH))
            return 0;
        DWORD code = GetLastError();
        if (is_folder(wide_to)) {
            errno = how & MOVEFILE_REPLACE_EXISTING ? EISDIR : EEXIST;
            return -1;
        }
        SetLastError(code);
        if (!is_worth_another_try(tries))
            return fail();
    }
}

int gb_rename(const char *from, const char *to) {
    return move(from, to, MOVEFILE_REPLACE_EXISTING);
}

int gb_renameat2(int here, const char *from, int also_here, const char *to, unsigned no_replace) {
    (void)here, (void)also_here, (void)no_replace;
    return move(from, to, 0);
}

int gb_link(const char *from, const char *to) {
    wchar_t wide_from[PATH_UNITS], wide_to[PATH_UNITS];
    if (gb_wide(from, wide_from, PATH_UNITS) < 0 || gb_wide(to, wide_to, PATH_UNITS) < 0)
        return -1;
    return CreateHardLinkW(wide_to, wide_from, NULL) ? 0 : fail();
}

char *gb_mkdtemp(char *template) {
    char *end = template + strlen(template) - 6;
    for (int tries = 0; tries < 100; tries++) {
        unsigned char bytes[6];
        if (gb_getentropy(bytes, sizeof bytes) != 0)
            return NULL;
        for (int i = 0; i < 6; i++)
            end[i] = "0123456789abcdefghijklmnopqrstuv"[bytes[i] % 32];
        if (gb_mkdir(template, 0700) == 0)
            return template;
        if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

/* Sets the times to now. */
int gb_utimensat(int here, const char *path, const void *now, int none) {
    wchar_t wide[PATH_UNITS];
    FILETIME time;
    (void)here, (void)now, (void)none;
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    HANDLE handle = CreateFileW(wide, FILE_WRITE_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return fail();
    GetSystemTimeAsFileTime(&time);
    int done = SetFileTime(handle, NULL, &time, &time) ? 0 : fail();
    CloseHandle(handle);
    return done;
}

/* ---------------------------------------------------------------------------------------------------- folders */

struct gb_folder {
    char *path;
    HANDLE search;
    WIN32_FIND_DATAW next;
    bool has_next;
    struct dirent entry;
};

/* "folder/name"; NULL if out of memory. */
static char *join(const char *folder, const char *name) {
    size_t length = strlen(folder), more = strlen(name);
    char *path = malloc(length + more + 2);
    if (path) {
        memcpy(path, folder, length);
        path[length] = '/';
        memcpy(path + length + 1, name, more + 1);
    }
    return path;
}

gb_folder *gb_opendir(const char *path) {
    struct gb_stat facts;
    wchar_t wide[PATH_UNITS];
    if (gb_stat(path, &facts) != 0)
        return NULL;
    if (!S_ISDIR(facts.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    gb_folder *folder = calloc(1, sizeof *folder);
    char *pattern = join(path, "*");
    if (folder && pattern && (folder->path = gb_strndup(path, strlen(path))) && gb_wide(pattern, wide, PATH_UNITS) >= 0) {
        folder->search = FindFirstFileW(wide, &folder->next);
        folder->has_next = folder->search != INVALID_HANDLE_VALUE;
        if (folder->has_next || GetLastError() == ERROR_FILE_NOT_FOUND) {
            free(pattern);
            return folder;
        }
        fail();
    } else if (!folder || !pattern || !folder->path) {
        errno = ENOMEM;
    }
    free(pattern);
    if (folder)
        free(folder->path);
    free(folder);
    return NULL;
}

/* Names that are not UTF-16 cannot be those of files that this project wrote, and are left out. */
struct dirent *gb_readdir(gb_folder *folder) {
    bool valid = false;
    while (folder->has_next && !valid) {
        valid = gb_narrow(folder->next.cFileName, folder->entry.d_name, sizeof folder->entry.d_name) > 0;
        folder->has_next = FindNextFileW(folder->search, &folder->next);
    }
    return valid ? &folder->entry : NULL;
}

int gb_closedir(gb_folder *folder) {
    if (folder->search != INVALID_HANDLE_VALUE)
        FindClose(folder->search);
    free(folder->path);
    free(folder);
    return 0;
}

int gb_fstatat(gb_folder *folder, const char *name, struct gb_stat *facts, int how) {
    char *path = join(folder->path, name);
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    int done = how & AT_SYMLINK_NOFOLLOW ? gb_lstat(path, facts) : gb_stat(path, facts);
    free(path);
    return done;
}

int gb_unlinkat(gb_folder *folder, const char *name, int how) {
    char *path = join(folder->path, name);
    (void)how;
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    int done = gb_unlink(path);
    free(path);
    return done;
}

/* ---------------------------------------------------------------------------------------------------- others */

int gb_gethostname(char *name, size_t room) {
    wchar_t wide[256];
    DWORD units = sizeof wide / sizeof *wide;
    if (!GetComputerNameExW(ComputerNameDnsHostname, wide, &units))
        return fail();
    return gb_narrow(wide, name, (int)room) < 0 ? -1 : 0;
}

int gb_getentropy(void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        unsigned drawn;
        size_t part = size - done < sizeof drawn ? size - done : sizeof drawn;
        if (rand_s(&drawn) != 0) {
            errno = EIO;
            return -1;
        }
        memcpy((char *)bytes + done, &drawn, part);
        done += part;
    }
    return 0;
}

char *gb_strndup(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}
