/* See faults.h. Preloaded into a program, it takes its orders from the environment: GANBEND_FAULT="KIND NUMBER once|on", and
 * writes the number of calls to the file GANBEND_FAULT_COUNT when the program ends.
 *
 * The sanitizers have their own allocator: there the calls of the code under test are redirected by the linker (--wrap). */
#define _GNU_SOURCE
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const fault_names[FAULT_KINDS] = {"memory", "map", "open", "read", "write", "sync", "name"};

static atomic_int wanted = FAULT_NONE;
static atomic_long calls, failing, live;
static atomic_bool persistent;

void faults_begin(fault_kind kind, long number, bool on) {
    calls = 0;
    failing = number;
    persistent = on;
    wanted = (int)kind;
}

long faults_end(void) {
    wanted = FAULT_NONE;
    return calls;
}

long faults_live_blocks(void) {
#ifdef FAULTS_WRAPPED
    return 0;
#else
    return live;
#endif
}

/* Counts the call; whether it has to fail, with errno set. */
static bool fails(fault_kind kind, int error) {
    if (wanted != (int)kind)
        return false;
    long number = calls++;
    if (number != failing && !(persistent && number > failing))
        return false;
    errno = error;
    return true;
}

/* ---- memory ---- */

#ifdef FAULTS_WRAPPED
#define REPLACED(name) __wrap_##name
#define REAL(name) __real_##name
#else
#define REPLACED(name) name
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *memory, size_t size);
void *REPLACED(malloc)(size_t size);
void *REPLACED(calloc)(size_t count, size_t size);
void *REPLACED(realloc)(void *memory, size_t size);
int REPLACED(posix_memalign)(void **memory, size_t alignment, size_t size);

static void *counted(void *memory) {
    live += memory != NULL;
    return memory;
}

void *REPLACED(malloc)(size_t size) {
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : counted(REAL(malloc)(size));
}

void *REPLACED(calloc)(size_t count, size_t size) {
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : counted(REAL(calloc)(count, size));
}

void *REPLACED(realloc)(void *memory, size_t size) {
    if (fails(FAULT_MEMORY, ENOMEM))
        return NULL;
    void *grown = REAL(realloc)(memory, size);
    live += (grown != NULL) - (memory != NULL && (grown || !size));
    return grown;
}

#ifdef FAULTS_WRAPPED

int __real_posix_memalign(void **memory, size_t alignment, size_t size);

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
    return fails(FAULT_MEMORY, ENOMEM) ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}

#define NEXT(type, name, ...) (__real_##name)

#else

void __libc_free(void *memory);
void *__libc_memalign(size_t alignment, size_t size);

void free(void *memory) {
    live -= memory != NULL;
    __libc_free(memory);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (fails(FAULT_MEMORY, ENOMEM))
        return ENOMEM;
    *memory = counted(__libc_memalign(alignment, size));
    return *memory ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : counted(__libc_memalign(alignment, size));
}

/* The C library's own function. */
static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

#define NEXT(type, name, ...) ((type (*)(__VA_ARGS__))next(#name))

#endif

/* ---- files ---- */

#define FILE_CALL(kind, error, type, name, parameters, arguments, ...)                  \
    type __real_##name parameters;                                                      \
    type REPLACED(name) parameters;                                                     \
    type REPLACED(name) parameters {                                                    \
        return fails(kind, error) ? -1 : NEXT(type, name, __VA_ARGS__) arguments;       \
    }

FILE_CALL(FAULT_READ, EIO, ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), int, void *, size_t)
FILE_CALL(FAULT_READ, EIO, ssize_t, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), int, void *, size_t,
          off_t)
FILE_CALL(FAULT_WRITE, ENOSPC, ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), int, const void *,
          size_t)
FILE_CALL(FAULT_WRITE, ENOSPC, ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), int,
          const void *, size_t, off_t)
FILE_CALL(FAULT_SYNC, EIO, int, fsync, (int fd), (fd), int)
FILE_CALL(FAULT_SYNC, EIO, int, fdatasync, (int fd), (fd), int)
FILE_CALL(FAULT_NAME, EACCES, int, rename, (const char *from, const char *to), (from, to), const char *, const char *)
FILE_CALL(FAULT_NAME, EACCES, int, link, (const char *from, const char *to), (from, to), const char *, const char *)
FILE_CALL(FAULT_NAME, EACCES, int, linkat, (int a, const char *from, int b, const char *to, int flags),
          (a, from, b, to, flags), int, const char *, int, const char *, int)

/* What _FORTIFY_SOURCE makes of read() and pread(). */
ssize_t __real___read_chk(int fd, void *to, size_t size, size_t room);
ssize_t REPLACED(__read_chk)(int fd, void *to, size_t size, size_t room);
ssize_t REPLACED(__read_chk)(int fd, void *to, size_t size, size_t room) {
    if (size > room)
        abort();
    return REPLACED(read)(fd, to, size);
}

/* The mode of a file that open() makes. */
static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(rest, int) : 0;
}

int __real_open(const char *path, int flags, ...);
int REPLACED(open)(const char *path, int flags, ...);
int REPLACED(open)(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return fails(FAULT_OPEN, EMFILE) ? -1 : NEXT(int, open, const char *, int, ...)(path, flags, mode);
}

int __real_openat(int folder, const char *path, int flags, ...);
int REPLACED(openat)(int folder, const char *path, int flags, ...);
int REPLACED(openat)(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return fails(FAULT_OPEN, EMFILE) ? -1 : NEXT(int, openat, int, const char *, int, ...)(folder, path, flags, mode);
}

void *__real_mmap(void *at, size_t size, int access, int flags, int fd, off_t offset);
void *REPLACED(mmap)(void *at, size_t size, int access, int flags, int fd, off_t offset);
void *REPLACED(mmap)(void *at, size_t size, int access, int flags, int fd, off_t offset) {
    if (fails(FAULT_MAP, ENOMEM))
        return MAP_FAILED;
    return NEXT(void *, mmap, void *, size_t, int, int, int, off_t)(at, size, access, flags, fd, offset);
}

/* ---- preloaded ---- */

#ifdef FAULTS_PRELOADED

__attribute__((constructor)) static void take_orders(void) {
    const char *orders = getenv("GANBEND_FAULT");
    char kind[16], times[8];
    long number;
    if (!orders || sscanf(orders, "%15s %ld %7s", kind, &number, times) != 3)
        return;
    unsetenv("LD_PRELOAD");
    for (int k = 0; k < FAULT_KINDS; k++)
        if (strcmp(fault_names[k], kind) == 0)
            faults_begin((fault_kind)k, number, strcmp(times, "on") == 0);
}

__attribute__((destructor)) static void tell_count(void) {
    const char *path = getenv("GANBEND_FAULT_COUNT");
    long count = faults_end();
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld\n", count);
    fclose(file);
}

#endif
