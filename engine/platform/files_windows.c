/* Open files for Windows; see files.h. A file is opened by CreateFileW(), so that others may rename and remove it meanwhile, and
 * becomes a descriptor of the C library. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "files.h"

#include <errno.h>
#include <stdarg.h>
#include <wchar.h>

#include "attributes_windows.h"

#undef open
#undef read
#undef write
#undef isatty
#undef stat
#undef remove

enum { AT_ONCE = 1 << 30 };

static const struct { DWORD code; int number; } codes[] = {
    {ERROR_FILE_NOT_FOUND, ENOENT}, {ERROR_PATH_NOT_FOUND, ENOENT}, {ERROR_INVALID_NAME, ENOENT}, {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_BAD_NETPATH, ENOENT}, {ERROR_BAD_NET_NAME, ENOENT}, {ERROR_INVALID_DRIVE, ENOENT}, {ERROR_NOT_READY, ENOENT},
    {ERROR_ACCESS_DENIED, EACCES}, {ERROR_SHARING_VIOLATION, EACCES}, {ERROR_USER_MAPPED_FILE, EACCES},
    {ERROR_PRIVILEGE_NOT_HELD, EACCES}, {ERROR_CURRENT_DIRECTORY, EACCES}, {ERROR_CANNOT_MAKE, EACCES},
    {ERROR_WRITE_PROTECT, EROFS}, {ERROR_LOCK_VIOLATION, EWOULDBLOCK}, {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM}, {ERROR_OUTOFMEMORY, ENOMEM}, {ERROR_COMMITMENT_LIMIT, ENOMEM},
    {ERROR_FILE_EXISTS, EEXIST}, {ERROR_ALREADY_EXISTS, EEXIST}, {ERROR_DIR_NOT_EMPTY, ENOTEMPTY}, {ERROR_DIRECTORY, ENOTDIR},
    {ERROR_NOT_SAME_DEVICE, EXDEV}, {ERROR_DISK_FULL, ENOSPC}, {ERROR_HANDLE_DISK_FULL, ENOSPC}, {ERROR_FILE_TOO_LARGE, EFBIG},
    {ERROR_BROKEN_PIPE, EPIPE}, {ERROR_NO_DATA, EPIPE}, {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
    {ERROR_BUFFER_OVERFLOW, ENAMETOOLONG}, {ERROR_NO_UNICODE_TRANSLATION, EILSEQ}, {ERROR_TOO_MANY_LINKS, EMLINK},
    {ERROR_NOT_SUPPORTED, ENOTSUP}, {ERROR_INVALID_FUNCTION, ENOTSUP}, {ERROR_CANT_RESOLVE_FILENAME, ELOOP},
    {ERROR_INVALID_HANDLE, EBADF}, {ERROR_INVALID_PARAMETER, EINVAL},
};

int gb_windows_errno(unsigned long code) {
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].number;
    return EIO;
}

int gb_wide(const char *text, wchar_t *wide, int room) {
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, room);
    if (units)
        return units;
    errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : EILSEQ;
    return -1;
}

int gb_narrow(const wchar_t *wide, char *text, int room) {
    int bytes = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, room, NULL, NULL);
    if (bytes)
        return bytes;
    errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : EILSEQ;
    return -1;
}

/* ---------------------------------------------------------------------------------------------------- opening */

enum { SHARED = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static HANDLE handle_of(int file) {
    return (HANDLE)_get_osfhandle(file);
}

static DWORD disposition(int flags) {
    if (flags & O_CREAT)
        return flags & O_EXCL ? CREATE_NEW : flags & O_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
    return flags & O_TRUNC ? TRUNCATE_EXISTING : OPEN_EXISTING;
}

/* Whether the file itself is a symbolic link, or a junction. */
static bool is_link(HANDLE handle) {
    FILE_ATTRIBUTE_TAG_INFO info;
    return GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof info) &&
           (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
           (info.ReparseTag == IO_REPARSE_TAG_SYMLINK || info.ReparseTag == IO_REPARSE_TAG_MOUNT_POINT);
}

int gb_open(const char *path, int flags, ...) {
    const int how = flags & (O_RDONLY | O_WRONLY | O_RDWR);
    const DWORD access = how == O_RDONLY ? GENERIC_READ : how == O_WRONLY ? GENERIC_WRITE : GENERIC_READ | GENERIC_WRITE;
    wchar_t wide[PATH_UNITS];
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    /* FILE_FLAG_BACKUP_SEMANTICS opens folders too, as POSIX does for reading. */
    DWORD special = how == O_RDONLY ? FILE_FLAG_BACKUP_SEMANTICS : 0;
    if (flags & O_NOFOLLOW)
        special |= FILE_FLAG_OPEN_REPARSE_POINT;
    HANDLE handle = CreateFileW(wide, access, SHARED, NULL, disposition(flags), FILE_ATTRIBUTE_NORMAL | special, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        fail();
        if (errno == EACCES && is_folder(wide))
            errno = EISDIR;
        return -1;
    }
    if ((flags & O_NOFOLLOW) && is_link(handle)) {
        CloseHandle(handle);
        errno = ELOOP;
        return -1;
    }
    int file = _open_osfhandle((intptr_t)handle, how | (flags & O_APPEND) | _O_BINARY | _O_NOINHERIT);
    if (file < 0)
        CloseHandle(handle);
    return file;
}

FILE *gb_fopen(const char *path, const char *mode) {
    int file = gb_open(path, *mode == 'r' ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC);
    struct gb_stat facts;
    if (file >= 0 && gb_fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode)) {
        _close(file);
        errno = EISDIR;
        return NULL;
    }
    FILE *opened = file >= 0 ? _fdopen(file, *mode == 'r' ? "rb" : "wb") : NULL;
    if (file >= 0 && !opened)
        _close(file);
    return opened;
}

FILE *gb_tmpfile(void) {
    wchar_t folder[MAX_PATH + 1], name[MAX_PATH + 1];
    if (!GetTempPathW(MAX_PATH + 1, folder) || !GetTempFileNameW(folder, L"gan", 0, name)) {
        fail();
        return NULL;
    }
    HANDLE handle = CreateFileW(name, GENERIC_READ | GENERIC_WRITE | DELETE, SHARED, NULL, CREATE_ALWAYS,
                                FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        fail();
        return NULL;
    }
    int file = _open_osfhandle((intptr_t)handle, _O_RDWR | _O_BINARY | _O_NOINHERIT);
    FILE *opened = file >= 0 ? _fdopen(file, "w+b") : NULL;
    if (!opened)
        file >= 0 ? (void)_close(file) : (void)CloseHandle(handle);
    return opened;
}

/* ---------------------------------------------------------------------------------------------------- bytes */

static unsigned limited(size_t size) {
    return size < AT_ONCE ? (unsigned)size : (unsigned)AT_ONCE;
}

ssize_t gb_read(int file, void *bytes, size_t size) {
    return _read(file, bytes, limited(size));
}

ssize_t gb_write(int file, const void *bytes, size_t size) {
    int written = _write(file, bytes, limited(size));
    if (written < 0 && errno == EINVAL && GetLastError() == ERROR_NO_DATA)     /* the C library's name for a closed pipe */
        errno = EPIPE;
    return written;
}

static OVERLAPPED position(int64_t at) {
    return (OVERLAPPED){.Offset = (DWORD)((uint64_t)at & 0xffffffff), .OffsetHigh = (DWORD)((uint64_t)at >> 32)};
}

ssize_t gb_pread(int file, void *bytes, size_t size, int64_t at) {
    OVERLAPPED where = position(at);
    DWORD done = 0;
    if (ReadFile(handle_of(file), bytes, limited(size), &done, &where))
        return (ssize_t)done;
    return GetLastError() == ERROR_HANDLE_EOF ? 0 : fail();
}

ssize_t gb_pwrite(int file, const void *bytes, size_t size, int64_t at) {
    OVERLAPPED where = position(at);
    DWORD done = 0;
    return WriteFile(handle_of(file), bytes, limited(size), &done, &where) ? (ssize_t)done : fail();
}

/* Only a handle for writing can be flushed, so one for reading is opened again. */
int gb_fsync(int file) {
    HANDLE handle = handle_of(file);
    if (FlushFileBuffers(handle))
        return 0;
    if (GetLastError() != ERROR_ACCESS_DENIED)
        return fail();
    HANDLE writable = ReOpenFile(handle, GENERIC_WRITE, SHARED, 0);
    if (writable == INVALID_HANDLE_VALUE)
        return 0;                       /* it may not be written, and so was not */
    int done = FlushFileBuffers(writable) ? 0 : fail();
    CloseHandle(writable);
    return done;
}

int gb_ftruncate(int file, int64_t size) {
    errno_t error = _chsize_s(file, size);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

int gb_isatty(int file) {
    DWORD mode;
    return GetConsoleMode(handle_of(file), &mode) != 0;
}

/* Of a byte that no file reaches, since others cannot read the bytes that are locked. */
int gb_flock(int file, int how) {
    OVERLAPPED where = position(INT64_MAX - 1);
    (void)how;
    return LockFileEx(handle_of(file), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where) ? 0 : fail();
}

/* ---------------------------------------------------------------------------------------------------- facts */

/* From 100 ns since 1601 to seconds since 1970. */
static int64_t unix_time(FILETIME t) {
    return (int64_t)(((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 10000000) - 11644473600;
}

static int facts_of(HANDLE handle, bool of_link, struct gb_stat *facts) {
    BY_HANDLE_FILE_INFORMATION info;
    DWORD type = GetFileType(handle);
    *facts = (struct gb_stat){.st_mode = 0600};
    if (type != FILE_TYPE_DISK) {
        facts->st_mode |= type == FILE_TYPE_PIPE ? S_IFIFO : S_IFCHR;
        return 0;
    }
    if (!GetFileInformationByHandle(handle, &info))
        return fail();
    facts->st_dev = info.dwVolumeSerialNumber;
    facts->st_ino = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
    facts->st_size = (int64_t)((uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow);
    facts->st_mtime = unix_time(info.ftLastWriteTime);
    facts->st_mode |= of_link && is_link(handle)                           ? S_IFLNK
                      : info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY   ? S_IFDIR
                                                                           : S_IFREG;
    return 0;
}

static int facts_at(const char *path, DWORD special, struct gb_stat *facts) {
    wchar_t wide[PATH_UNITS];
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    HANDLE handle = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARED, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | special,
                                NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return fail();
    int done = facts_of(handle, special != 0, facts);
    CloseHandle(handle);
    return done;
}

int gb_stat(const char *path, struct gb_stat *facts) {
    return facts_at(path, 0, facts);
}

int gb_lstat(const char *path, struct gb_stat *facts) {
    return facts_at(path, FILE_FLAG_OPEN_REPARSE_POINT, facts);
}

int gb_fstat(int file, struct gb_stat *facts) {
    return facts_of(handle_of(file), false, facts);
}

int gb_access(const char *path, int how) {
    wchar_t wide[PATH_UNITS];
    DWORD attributes;
    if (attributes_of(path, wide, &attributes))
        return -1;
    if ((how & W_OK) && (attributes & FILE_ATTRIBUTE_READONLY) && !(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        errno = EACCES;
        return -1;
    }
    return 0;
}

char *gb_realpath(const char *path, char *none) {
    wchar_t wide[PATH_UNITS];
    (void)none;
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return NULL;
    HANDLE handle = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARED, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        fail();
        return NULL;
    }
    DWORD length = GetFinalPathNameByHandleW(handle, wide, PATH_UNITS, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    CloseHandle(handle);
    if (!length || length >= PATH_UNITS) {
        errno = length ? ENAMETOOLONG : EIO;
        return NULL;
    }
    /* \\?\C:\a and \\?\UNC\server\a are C:/a and //server/a. */
    wchar_t *from = wide;
    if (!wcsncmp(from, L"\\\\?\\UNC\\", 8))
        *(from += 6) = L'\\';
    else if (!wcsncmp(from, L"\\\\?\\", 4))
        from += 4;
    char *found = malloc(4 * PATH_UNITS);
    if (!found || gb_narrow(from, found, 4 * PATH_UNITS) < 0) {
        free(found);
        return NULL;
    }
    for (char *c = found; *c; c++)
        if (*c == '\\')
            *c = '/';
    return found;
}

int gb_statvfs(const char *path, struct gb_statvfs *facts) {
    wchar_t wide[PATH_UNITS];
    ULARGE_INTEGER available;
    if (gb_wide(path, wide, PATH_UNITS) < 0)
        return -1;
    if (!GetDiskFreeSpaceExW(wide, &available, NULL, NULL))
        return fail();
    *facts = (struct gb_statvfs){.f_bavail = available.QuadPart, .f_frsize = 1};
    return 0;
}
