/* platform.h on the calls of engine/platform/, which every system has or is given there. */
#define _GNU_SOURCE     /* O_TMPFILE; everything else is POSIX.1-2008 */

#include "platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "engine/platform/files.h"
#include "engine/platform/memory.h"

#if GANBEND_THREADS
#include "engine/platform/threads.h"
#else
#include <sched.h>
#include <stdatomic.h>
#endif

static const struct { int number; const char *text; } system_errors[] = {
    {ENOENT, "no such file"},
    {EACCES, "permission denied"},
    {EPERM, "not permitted"},
    {EISDIR, "is a directory"},
    {ENOTDIR, "a component of the path is not a directory"},
    {ELOOP, "too many symbolic links"},
    {ENAMETOOLONG, "file name too long"},
    {EMFILE, "this process has too many open files"},
    {ENFILE, "the system has too many open files"},
    {ENOSPC, "the disk is full"},
#ifdef EDQUOT
    {EDQUOT, "disk quota exceeded"},
#endif
    {EFBIG, "file too large for this system"},
    {EROFS, "the file system is read-only"},
    {EIO, "input/output error"},
    {EPIPE, "the reading end of the pipe is closed"},
};

static gb_status system_failed(gb_error *err, const char *path, int number) {
    if (number == ENOMEM)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; i < sizeof system_errors / sizeof *system_errors; i++)
        if (system_errors[i].number == number)
            return gb_fail(err, GB_IO, "%s: %s", path, system_errors[i].text);
    return gb_fail(err, GB_IO, "%s: system error %d", path, number);
}

const char *gb_base_name(const char *path) {
    const char *slash = gb_last_slash(path);
    return slash && slash[1] ? slash + 1 : path;
}

bool gb_path_is_absolute(const char *path) {
    return gb_is_absolute(path);
}

bool gb_file_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void gb_file_remove(const char *path) {
    (void)unlink(path);
}

gb_status gb_path_stays(const char *folder, const char *path, bool *stays, gb_error *err) {
    char *home = realpath(folder, NULL);
    if (!home)
        return system_failed(err, folder, errno);
    char *there = realpath(path, NULL);
    int error = there ? 0 : errno;
    size_t length = strlen(home);
    *stays = !there || (!strncmp(there, home, length) &&
                        (home[length - 1] == '/' || there[length] == '/' || !there[length]));
    free(home);
    free(there);
    return error && error != ENOENT ? system_failed(err, path, error) : GB_OK;
}

/* ---------------------------------------------------------------------------------------------------- reading */

/* Opens a regular file that is not empty. */
static gb_status open_regular(const char *path, int *file, size_t *size, gb_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);     /* do not block on a pipe without a writer */
    if (fd < 0)
        return system_failed(err, path, errno);
    struct stat st;
    gb_status status = GB_OK;
    if (fstat(fd, &st) != 0)
        status = system_failed(err, path, errno);
    else if (S_ISDIR(st.st_mode))
        status = gb_fail(err, GB_IO, "%s: is a directory", path);
    else if (!S_ISREG(st.st_mode))
        status = gb_fail(err, GB_IO, "%s: not a regular file", path);
    else if (st.st_size == 0)
        status = gb_fail(err, GB_BAD_FILE, "%s: the file is empty", path);
    else if ((uintmax_t)st.st_size > SIZE_MAX / 2)
        status = gb_fail(err, GB_IO, "%s: too large to map", path);
    if (status)
        close(fd);
    *file = fd;
    *size = (size_t)st.st_size;
    return status;
}

gb_status gb_map_open(const char *path, gb_map *map, gb_error *err) {
    int fd = -1;
    size_t size = 0;
    *map = (gb_map){0};
    gb_status status = open_regular(path, &fd, &size, err);
    if (status)
        return status;
    void *bytes = gb_memory_map(fd, size);
    if (!bytes)
        status = system_failed(err, path, errno);
    else
        *map = (gb_map){.bytes = bytes, .size = size};
    close(fd);
    return status;
}

static gb_status read_all(int fd, const char *path, size_t at, unsigned char *bytes, size_t size, gb_error *err) {
    gb_status status = GB_OK;
    for (size_t done = 0; !status && done < size;) {
        ssize_t n = pread(fd, bytes + done, size - done, (off_t)(at + done));
        if (n > 0)
            done += (size_t)n;
        else if (n == 0)
            status = gb_fail(err, GB_IO, "%s: the file became shorter while it was read", path);
        else if (errno != EINTR)
            status = system_failed(err, path, errno);
    }
    return status;
}

gb_status gb_map_read(const char *path, size_t most, gb_map *map, gb_error *err) {
    return gb_map_read_with(NULL, path, most, map, err);
}

static gb_status read_file(const gb_allocator *allocator, const char *path, size_t most, bool stays_open, gb_map *map,
                           gb_error *err) {
    int fd = -1;
    size_t size = 0;
    *map = (gb_map){0};
    gb_status status = open_regular(path, &fd, &size, err);
    if (status)
        return status;
    if (size > most)
        size = most;
    unsigned char *bytes = gb_aligned_alloc_with(allocator, size);
    status = bytes ? read_all(fd, path, 0, bytes, size, err) : gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (status || !stays_open)
        close(fd);
    if (status)
        gb_aligned_free(bytes);
    else
        *map = (gb_map){.bytes = bytes, .size = size, .copied = true, .reloads = stays_open, .file = fd};
    return status;
}

gb_status gb_map_read_with(const gb_allocator *allocator, const char *path, size_t most, gb_map *map, gb_error *err) {
    return read_file(allocator, path, most, false, map, err);
}

/* What other memory of the caller's allocator may be used for is not known. */
gb_status gb_map_read_again(const gb_allocator *allocator, const char *path, gb_map *map, gb_error *err) {
    return read_file(allocator, path, SIZE_MAX, !allocator && gb_memory_discard(NULL, 0), map, err);
}

void gb_map_close(gb_map *map) {
    if (map->reloads)
        close(map->file);
    if (map->copied)
        gb_aligned_free((void *)(uintptr_t)map->bytes);
    else if (map->bytes && !map->borrowed)
        gb_memory_unmap((void *)(uintptr_t)map->bytes, map->size);
    *map = (gb_map){0};
}

gb_status gb_read_start(const char *path, void *bytes, size_t size, size_t *done, gb_error *err) {
    int fd = -1;
    *done = 0;
    gb_status status = open_regular(path, &fd, done, err);
    if (status)
        return status;
    if (*done > size)
        *done = size;
    status = read_all(fd, path, 0, bytes, *done, err);
    close(fd);
    return status;
}

gb_status gb_in_file_open(const char *path, gb_in_file *file, gb_error *err) {
    gb_status status = open_regular(path, &file->fd, &file->size, err);
    if (status)
        file->fd = -1;
    return status;
}

gb_status gb_in_file_read(const gb_in_file *file, const char *path, size_t at, void *bytes, size_t size, gb_error *err) {
    return read_all(file->fd, path, at, bytes, size, err);
}

void gb_in_file_close(gb_in_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* The whole pages among these bytes; *size becomes 0 if no page fits, or if the bytes are not inside the map. */
static void *whole_pages(const gb_map *map, const void *bytes, size_t *size) {
    uintptr_t from = (uintptr_t)bytes, base = (uintptr_t)map->bytes, page = gb_memory_page();
    bool inside = map->bytes && from >= base && from - base <= map->size && *size <= map->size - (from - base);
    uintptr_t first = (from + page - 1) / page * page, end = inside ? (from + *size) / page * page : 0;
    *size = first < end ? end - first : 0;
    return (void *)first;
}

void gb_map_release(const gb_map *map, const void *bytes, size_t size) {
    if (map->copied || map->borrowed)
        return;
    void *pages = whole_pages(map, bytes, &size);
    if (size)
        gb_memory_drop(pages, size);
}

bool gb_map_discard(const gb_map *map, const void *bytes, size_t size) {
    if (!map->reloads)
        return false;
    void *pages = whole_pages(map, bytes, &size);
    return size && gb_memory_discard(pages, size);
}

gb_status gb_map_reload(const gb_map *map, const char *name, const void *bytes, size_t size, gb_error *err) {
    size_t at = (size_t)((const unsigned char *)bytes - (const unsigned char *)map->bytes);
    return read_all(map->file, name, at, (unsigned char *)(uintptr_t)bytes, size, err);
}

/* ---------------------------------------------------------------------------------------------------- writing */

enum { BUFFER_SIZE = 1 << 16, NAME_TRIES = 100 };

struct gb_out_file {
    int fd;                 /* -1 once closed */
    int failed;             /* errno of the first failure */
    bool regular;           /* will replace `target` */
    bool beside;            /* `temporary` exists */
    char *path;             /* as given by the caller, for messages */
    char *target;           /* after following symbolic links */
    char *temporary;
    size_t used;
    unsigned char buffer[BUFFER_SIZE];
};

/* The length of the target's folder with its slash; 0 if it is the current folder. */
static size_t folder_length(const char *target) {
    const char *slash = gb_last_slash(target);
    return slash ? (size_t)(slash - target) + 1 : 0;
}

#ifdef O_TMPFILE

/* The path of an open file that may have no name, by which it can be given one. */
static void path_of_open_file(int fd, char path[48]) {
    snprintf(path, 48, "/proc/self/fd/%d", fd);
}

/* A file without a name, which disappears with the process that writes it. -1 if the file system has none. */
static int open_unnamed(const char *folder, mode_t mode) {
    char path[48];
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    path_of_open_file(fd, path);
    if (fd >= 0 && access(path, F_OK) != 0) {       /* /proc is not mounted */
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool name_open_file(int fd, const char *name) {
    char unnamed[48];
    path_of_open_file(fd, unnamed);
    return linkat(AT_FDCWD, unnamed, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

#else

static int open_unnamed(const char *folder, mode_t mode) {
    (void)folder;
    (void)mode;
    return -1;
}

static bool name_open_file(int fd, const char *name) {
    (void)fd;
    (void)name;
    errno = ENOTSUP;
    return false;
}

#endif

/* A number for this machine, since processes of several may write into one shared folder and have the same number. */
static unsigned long host_number(void) {
    char name[256] = "";
    uint32_t hash = 2166136261u;                    /* FNV-1a */
    (void)gethostname(name, sizeof name - 1);
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash;
}

/* Gives a file in the target's folder a name that no other has: opens it, or links the open one. The name is hidden and
 * short, so that it is valid where the target's is. 0 or an errno. */
static int name_temporary(gb_out_file *file, mode_t mode) {
    size_t folder = folder_length(file->target);
    for (int i = 0; i < NAME_TRIES; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(file->temporary + folder, 48, ".ganbend-%lx-%lx-%lx", host_number(), (unsigned long)getpid(),
                 (unsigned long)now.tv_nsec + (unsigned long)i);
        if (file->fd >= 0)
            file->beside = name_open_file(file->fd, file->temporary);
        else
            file->beside = (file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) >= 0;
        if (file->beside || errno != EEXIST)
            return file->beside ? 0 : errno;
    }
    return EEXIST;
}

/* The new file has the permissions and the group of the one that it replaces. If it cannot have the group, it gives that
 * group's permissions to no other. Never opens the contents to more users, so failures are ignored. */
static void take_permissions(int fd, const struct stat *old) {
    mode_t mode = old->st_mode & 0777;
    if (fchown(fd, (uid_t)-1, old->st_gid) != 0)
        mode &= ~(mode_t)070;
    (void)fchmod(fd, mode);
}

/* Opens a new file in the target's folder, in place of `old`, which may be NULL. */
static int open_beside(gb_out_file *file, const struct stat *old) {
    mode_t mode = old ? 0600 : 0666;
    size_t folder = folder_length(file->target);
    file->temporary = malloc(folder + 48);
    if (!file->temporary)
        return ENOMEM;
    memcpy(file->temporary, file->target, folder);
    memcpy(file->temporary + folder, ".", 2);       /* the folder itself, for open_unnamed() */
    file->fd = open_unnamed(file->temporary, mode);
    int error = file->fd >= 0 ? 0 : name_temporary(file, mode);
    if (!error && old)
        take_permissions(file->fd, old);
    file->regular = !error;
    return error;
}

static int open_target(gb_out_file *file) {
    struct stat st;
    if (stat(file->path, &st) != 0) {
        if (errno != ENOENT)
            return errno;
        file->target = strdup(file->path);
        return file->target ? open_beside(file, NULL) : ENOMEM;
    }
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (!S_ISREG(st.st_mode)) {
        file->fd = open(file->path, O_WRONLY | O_CLOEXEC);
        return file->fd < 0 ? errno : 0;
    }
    /* A symbolic link is kept and its target replaced; a file without write permission is not replaced. */
    file->target = realpath(file->path, NULL);
    if (!file->target || access(file->target, W_OK) != 0)
        return errno;
    return open_beside(file, &st);
}

gb_status gb_out_file_new(const char *path, gb_output_kind kind, gb_out_file **out, gb_error *err) {
    *out = NULL;
    if (!path[0])
        return gb_fail(err, GB_BAD_ARGUMENT, "the output file has no name");
    gb_status status = gb_check_output(path, kind, err);
    if (status)
        return status;
    gb_out_file *file = malloc(sizeof *file);
    if (!file)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    file->fd = -1;
    file->failed = 0;
    file->regular = file->beside = false;
    file->target = file->temporary = NULL;
    file->used = 0;
    file->path = strdup(path);
    int error = file->path ? open_target(file) : ENOMEM;
    if (!error) {
        *out = file;
        return GB_OK;
    }
    gb_out_file_free(file);
    if (error == ENOMEM)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (error == ENOENT)
        return gb_fail(err, GB_IO, "%s: its folder does not exist", path);
    return system_failed(err, path, error);
}

static void write_through(gb_out_file *file, const unsigned char *bytes, size_t size) {
    while (size > 0 && !file->failed) {
        ssize_t n = write(file->fd, bytes, size);
        if (n < 0) {
            if (errno != EINTR)
                file->failed = errno;
        } else if (n == 0) {
            file->failed = ENOSPC;
        } else {
            bytes += n;
            size -= (size_t)n;
        }
    }
}

static void flush(gb_out_file *file) {
    write_through(file, file->buffer, file->used);
    file->used = 0;
}

bool gb_out_file_write(void *arg, const void *bytes, size_t size) {
    gb_out_file *file = arg;
    if (file->failed)
        return false;
    if (size > BUFFER_SIZE - file->used)
        flush(file);
    if (size > BUFFER_SIZE) {
        write_through(file, bytes, size);
    } else if (size > 0) {
        memcpy(file->buffer + file->used, bytes, size);
        file->used += size;
    }
    return !file->failed;
}

gb_status gb_out_file_check(const gb_out_file *file, gb_error *err) {
    return file->failed ? system_failed(err, file->path, file->failed) : GB_OK;
}

/* So that the new name survives a power failure. The file is complete already: a folder that cannot be read or synced is
 * no failure. */
static void sync_folder(const gb_out_file *file) {
    memcpy(file->temporary + folder_length(file->target), ".", 2);
    int fd = open(file->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

gb_status gb_out_file_finish(gb_out_file *file, gb_error *err) {
    flush(file);
    if (!file->failed && file->regular && fsync(file->fd) != 0 && errno != EINVAL) /* not all file systems support it */
        file->failed = errno;
    if (!file->failed && file->regular && !file->beside)
        file->failed = name_temporary(file, 0);
    if (close(file->fd) != 0 && !file->failed)
        file->failed = errno;
    file->fd = -1;
    if (!file->failed && file->beside) {
        if (rename(file->temporary, file->target) != 0)
            file->failed = errno;
        else
            file->beside = false;
        if (!file->failed)
            sync_folder(file);
    }
    return gb_out_file_check(file, err);
}

void gb_out_file_free(gb_out_file *file) {
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->beside)
        unlink(file->temporary);
    free(file->path);
    free(file->target);
    free(file->temporary);
    free(file);
}

/* ---------------------------------------------------------------------------------------------------- time, memory */

double gb_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* In front of every block is a cache line that says where it came from, so that only gb_aligned_alloc_with() needs to know
 * the allocator. */
typedef struct origin {
    const gb_allocator *allocator;      /* NULL = the C library */
    size_t size;                        /* with this line */
} origin;

enum { LINE = 64, HUGE_PAGE = 2 << 20 };    /* x86-64 and AArch64 with pages of 4 KiB; a wrong guess is harmless */

/* Large blocks begin at a huge page, and Linux is asked to use huge pages for them: packed weights and feature maps are
 * streamed through, and every page of 4 KiB costs an entry of the translation buffer. */
static void *c_library_alloc(size_t size) {
    void *memory = gb_memory_alloc(size < HUGE_PAGE ? LINE : HUGE_PAGE, size);
    if (memory && size >= HUGE_PAGE)
        gb_memory_prefer_huge_pages(memory, size);
    return memory;
}

void *gb_aligned_alloc_with(const gb_allocator *allocator, size_t size) {
    if (size > SIZE_MAX - LINE)
        return NULL;
    size += LINE;
    void *memory = allocator ? allocator->alloc(allocator->arg, size, LINE) : c_library_alloc(size);
    if (!memory)
        return NULL;
    *(origin *)memory = (origin){allocator, size};
    return (char *)memory + LINE;
}

void *gb_aligned_alloc(size_t size) {
    return gb_aligned_alloc_with(NULL, size);
}

void gb_aligned_free(void *memory) {
    if (!memory)
        return;
    origin *from = (origin *)(void *)((char *)memory - LINE);
    if (from->allocator)
        from->allocator->free(from->allocator->arg, from, from->size);
    else
        gb_memory_free(from);
}

/* ---------------------------------------------------------------------------------------------------- threads */

int gb_usable_cores(void) {
    return gb_processor_count();
}

#if GANBEND_THREADS

struct gb_thread {
    pthread_t thread;
    void (*run)(void *arg);
    void *arg;
};

static void *thread_main(void *arg) {
    gb_thread *thread = arg;
    thread->run(thread->arg);
    return NULL;
}

gb_thread *gb_thread_start(void (*run)(void *arg), void *arg) {
    gb_thread *thread = malloc(sizeof *thread);
    if (!thread)
        return NULL;
    thread->run = run;
    thread->arg = arg;
    if (gb_thread_begin(&thread->thread, NULL, thread_main, thread)) {
        free(thread);
        return NULL;
    }
    return thread;
}

void gb_thread_join(gb_thread *thread) {
    if (!thread)
        return;
    pthread_join(thread->thread, NULL);
    free(thread);
}

uintptr_t gb_thread_self(void) {
    return (uintptr_t)pthread_self();
}

struct gb_mutex {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};

gb_mutex *gb_mutex_new(void) {
    gb_mutex *mutex = malloc(sizeof *mutex);
    if (!mutex)
        return NULL;
    pthread_mutex_init(&mutex->mutex, NULL);
    pthread_cond_init(&mutex->condition, NULL);
    return mutex;
}

void gb_mutex_free(gb_mutex *mutex) {
    if (!mutex)
        return;
    pthread_cond_destroy(&mutex->condition);
    pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

void gb_mutex_lock(gb_mutex *mutex) {
    pthread_mutex_lock(&mutex->mutex);
}

void gb_mutex_unlock(gb_mutex *mutex) {
    pthread_mutex_unlock(&mutex->mutex);
}

void gb_mutex_wait(gb_mutex *mutex) {
    pthread_cond_wait(&mutex->condition, &mutex->mutex);
}

void gb_mutex_wake(gb_mutex *mutex) {
    pthread_cond_broadcast(&mutex->condition);
}

#else

gb_thread *gb_thread_start(void (*run)(void *arg), void *arg) {
    (void)run;
    (void)arg;
    return NULL;
}

void gb_thread_join(gb_thread *thread) {
    (void)thread;
}

uintptr_t gb_thread_self(void) {
    return (uintptr_t)&errno;       /* errno is thread-local */
}

struct gb_mutex {
    atomic_flag held;
};

gb_mutex *gb_mutex_new(void) {
    gb_mutex *mutex = malloc(sizeof *mutex);
    if (mutex)
        atomic_flag_clear(&mutex->held);
    return mutex;
}

void gb_mutex_free(gb_mutex *mutex) {
    free(mutex);
}

void gb_mutex_lock(gb_mutex *mutex) {
    while (atomic_flag_test_and_set_explicit(&mutex->held, memory_order_acquire))
        sched_yield();
}

void gb_mutex_unlock(gb_mutex *mutex) {
    atomic_flag_clear_explicit(&mutex->held, memory_order_release);
}

void gb_mutex_wait(gb_mutex *mutex) {
    gb_mutex_unlock(mutex);
    sched_yield();
    gb_mutex_lock(mutex);
}

void gb_mutex_wake(gb_mutex *mutex) {
    (void)mutex;        /* gb_mutex_wait() never sleeps */
}

#endif
