/* See faults.h. The sanitizers have their own allocator: there the calls of the code under test are redirected by the linker
 * (--wrap). */
#define _GNU_SOURCE
#include "faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const fault_names[FAULT_KINDS] = {"memory", "map", "open", "read", "write", "sync", "name"};

typedef struct counters {
    atomic_int wanted;
    atomic_long calls, failing;
    atomic_bool persistent;
} counters;

static counters own = {.wanted = FAULT_NONE}, *counted_by = &own;   /* preloaded: shared with the processes it starts */
static atomic_long live;

/* Of the calling thread. They must not need memory, for that is what is counted. */
#define OF_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))
OF_THREAD bool is_spared;
OF_THREAD long file_calls;

void faults_begin(fault_kind kind, long number, bool on) {
    counted_by->calls = 0;
    counted_by->failing = number;
    counted_by->persistent = on;
    counted_by->wanted = (int)kind;
}

long faults_end(void) {
    counted_by->wanted = FAULT_NONE;
    return counted_by->calls;
}

long faults_live_blocks(void) {
#ifdef FAULTS_WRAPPED
    return 0;
#else
    return live;
#endif
}

void faults_spare(bool spared) {
    is_spared = spared;
}

long faults_file_calls(void) {
    return file_calls;
}

bool faults_name_cause(fault_kind kind, const char *message) {
    static const char *const causes[FAULT_KINDS][2] = {
        [FAULT_MEMORY] = {"memory"}, [FAULT_MAP] = {"memory"}, [FAULT_OPEN] = {"too many open files", "cannot be read"},
        [FAULT_READ] = {"input/output error", "cannot be read"}, [FAULT_WRITE] = {"the disk is full", "no space left"},
        [FAULT_SYNC] = {"input/output error"}, [FAULT_NAME] = {"permission denied"},
    };
    const char *const *cause = causes[kind];
    return strcasestr(message, cause[0]) || (cause[1] && strcasestr(message, cause[1]));
}

/* Counts the call; whether it has to fail, with errno set. */
static bool fails(fault_kind kind, int error) {
    if (is_spared)
        return false;
    file_calls += kind != FAULT_MEMORY;
    if (counted_by->wanted != (int)kind)
        return false;
    long number = counted_by->calls++;
    if (number != counted_by->failing && !(counted_by->persistent && number > counted_by->failing))
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
/* Only the disk can be full. */
ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t REPLACED(write)(int fd, const void *from, size_t size);
ssize_t REPLACED(write)(int fd, const void *from, size_t size) {
    struct stat info;
    bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    return is_file && fails(FAULT_WRITE, ENOSPC) ? -1 : NEXT(ssize_t, write, int, const void *, size_t)(fd, from, size);
}

FILE_CALL(FAULT_WRITE, ENOSPC, ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), int,
          const void *, size_t, off_t)
FILE_CALL(FAULT_SYNC, EIO, int, fsync, (int fd), (fd), int)
FILE_CALL(FAULT_SYNC, EIO, int, fdatasync, (int fd), (fd), int)
FILE_CALL(FAULT_NAME, EACCES, int, rename, (const char *from, const char *to), (from, to), const char *, const char *)
FILE_CALL(FAULT_NAME, EACCES, int, link, (const char *from, const char *to), (from, to), const char *, const char *)
FILE_CALL(FAULT_NAME, EACCES, int, linkat, (int a, const char *from, int b, const char *to, int flags),
          (a, from, b, to, flags), int, const char *, int, const char *, int)

FILE_CALL(FAULT_NAME, EACCES, int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
          (a, from, b, to, flags), int, const char *, int, const char *, unsigned)
FILE_CALL(FAULT_NAME, EACCES, int, mkdir, (const char *path, mode_t mode), (path, mode), const char *, mode_t)

DIR *__real_opendir(const char *path);
DIR *REPLACED(opendir)(const char *path);
DIR *REPLACED(opendir)(const char *path) {
    return fails(FAULT_OPEN, EMFILE) ? NULL : NEXT(DIR *, opendir, const char *)(path);
}

/* What _FORTIFY_SOURCE makes of read() and pread(). */
ssize_t __real___read_chk(int fd, void *to, size_t size, size_t room);
ssize_t REPLACED(__read_chk)(int fd, void *to, size_t size, size_t room);
ssize_t REPLACED(__read_chk)(int fd, void *to, size_t size, size_t room) {
    if (size > room)
        abort();
    return REPLACED(read)(fd, to, size);
}

ssize_t __real___pread_chk(int fd, void *to, size_t size, off_t at, size_t room);
ssize_t REPLACED(__pread_chk)(int fd, void *to, size_t size, off_t at, size_t room);
ssize_t REPLACED(__pread_chk)(int fd, void *to, size_t size, off_t at, size_t room) {
    if (size > room)
        abort();
    return REPLACED(pread)(fd, to, size, at);
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

#ifdef FAULTS_PRELOADED

/* ---- streams, whose calls of the kernel are the C library's own ---- */

/* What a stream does when the kernel refuses: its error is set, and what it holds is lost. */
static void spoil(FILE *file) {
    int error = errno;
    __fpurge(file);
    file->_flags |= _IO_ERR_SEEN;
    errno = error;
}

FILE *fopen(const char *path, const char *mode) {
    return fails(FAULT_OPEN, EMFILE) ? NULL : NEXT(FILE *, fopen, const char *, const char *)(path, mode);
}

size_t fread(void *to, size_t size, size_t count, FILE *file) {
    if (!fails(FAULT_READ, EIO))
        return NEXT(size_t, fread, void *, size_t, size_t, FILE *)(to, size, count, file);
    spoil(file);
    return 0;
}

size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *file);
size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *file) {
    if (size && count > room / size)
        abort();
    return fread(to, size, count, file);
}

char *fgets(char *to, int size, FILE *file) {
    if (!fails(FAULT_READ, EIO))
        return NEXT(char *, fgets, char *, int, FILE *)(to, size, file);
    spoil(file);
    return NULL;
}

char *__fgets_chk(char *to, size_t room, int size, FILE *file);
char *__fgets_chk(char *to, size_t room, int size, FILE *file) {
    if (size < 0 || (size_t)size > room)
        abort();
    return fgets(to, size, file);
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *file) {
    if (!fails(FAULT_WRITE, ENOSPC))
        return NEXT(size_t, fwrite, const void *, size_t, size_t, FILE *)(from, size, count, file);
    spoil(file);
    return 0;
}

int fflush(FILE *file) {
    if (!file || !__fpending(file) || !fails(FAULT_WRITE, ENOSPC))
        return NEXT(int, fflush, FILE *)(file);
    spoil(file);
    return EOF;
}

int fclose(FILE *file) {
    bool lost = __fpending(file) && fails(FAULT_WRITE, ENOSPC);
    if (lost)
        __fpurge(file);
    int result = NEXT(int, fclose, FILE *)(file);
    if (lost)
        errno = ENOSPC;
    return lost ? EOF : result;
}

/* ---- the program under test ---- */

typedef int program(int argc, char **argv, char **environment);

static program *real_main;

/* Before the program's main(), all that was loaded being ready: runs it once in a process of its own for each order that
 * comes, so that a run costs a fork instead of loading thirty libraries. */
static int serve(int argc, char **argv, char **environment) {
    const char *ends = getenv("GANBEND_FAULTS");
    int from, to;
    fault_order order;
    if (!ends || sscanf(ends, "%d %d", &from, &to) != 2)
        return real_main(argc, argv, environment);
    void *page = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return FAULTS_BROKEN;
    counted_by = page;
    unsetenv("LD_PRELOAD");         /* programs that this one starts are not under test */
    while (read(from, &order, sizeof order) == (ssize_t)sizeof order) {
        fault_report report = {0};
        faults_begin(FAULT_NONE, 0, false);
        pid_t child = fork();
        if (child == 0) {
            close(from);
            close(to);
            alarm(FAULTS_SECONDS);
            faults_begin(order.kind, order.number, order.on);
            return real_main(argc, argv, environment);
        }
        if (child < 0 || write(to, &child, sizeof child) != (ssize_t)sizeof child ||
            waitpid(child, &report.status, 0) != child)
            return FAULTS_BROKEN;
        report.calls = faults_end();
        if (write(to, &report, sizeof report) != (ssize_t)sizeof report)
            return FAULTS_BROKEN;
    }
    _exit(0);
}

int __libc_start_main(program *main, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void),
                      void *stack);
int __libc_start_main(program *main, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void),
                      void *stack) {
    real_main = main;
    return NEXT(int, __libc_start_main, program *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *)
        (serve, argc, argv, init, fini, end, stack);
}

#endif
