/* All that the engine uses of the operating system: mapped files, output files that appear complete or not at all,
 * threads and mutexes, the clock, aligned memory. The calls of the systems are in engine/platform/. */
#ifndef GB_ENGINE_PLATFORM_H
#define GB_ENGINE_PLATFORM_H

#include "engine/ganbend.h"

/* ---------------------------------------------------------------------------------------------------- reading */

typedef struct gb_map {
    const void *bytes;
    size_t size;        /* at least 1 */
    bool copied;        /* by gb_map_read() */
    bool borrowed;      /* the caller's memory, which gb_map_close() leaves alone */
    bool reloads;       /* a copy whose file is open, to read parts of it again */
    int file;
} gb_map;

/* Maps a regular file read-only. As with any mapped file, reading bytes that another process has truncated raises
 * SIGBUS. */
gb_status gb_map_open(const char *path, gb_map *map, gb_error *err);
/* Copies a regular file, or its first `most` bytes if it is longer, to memory aligned to 64 bytes. What happens to the file
 * afterwards does not matter. */
gb_status gb_map_read(const char *path, size_t most, gb_map *map, gb_error *err);
/* The same in memory of the allocator, which may be NULL. */
gb_status gb_map_read_with(const gb_allocator *allocator, const char *path, size_t most, gb_map *map, gb_error *err);
/* The same, of all of the file, which stays open if memory can be given back: for gb_map_discard(). */
gb_status gb_map_read_again(const gb_allocator *allocator, const char *path, gb_map *map, gb_error *err);
void gb_map_close(gb_map *map);
/* A regular file that is read in pieces; it may change meanwhile. */
typedef struct gb_in_file {
    int fd;             /* -1 if it is not open */
    size_t size;        /* when it was opened */
} gb_in_file;
gb_status gb_in_file_open(const char *path, gb_in_file *file, gb_error *err);
/* Reads exactly `size` bytes from `at`; `path` is for messages. */
gb_status gb_in_file_read(const gb_in_file *file, const char *path, size_t at, void *bytes, size_t size, gb_error *err);
void gb_in_file_close(gb_in_file *file);
/* Reads the first `size` bytes of a regular file, or all of a shorter one: *done bytes. Allocates nothing. */
gb_status gb_read_start(const char *path, void *bytes, size_t size, size_t *done, gb_error *err);
/* Tells the system that these bytes of the map will not be needed soon: pages that lie entirely inside are dropped from
 * memory and loaded from the file when they are read again. Ranges that are not inside the map are ignored, and
 * so are copies. */
void gb_map_release(const gb_map *map, const void *bytes, size_t size);
/* Gives back the memory of whole pages among these bytes of a copy by gb_map_read_again(). False if nothing was given back. Until
 * gb_map_reload() has read all of these bytes again, they must not be read. */
bool gb_map_discard(const gb_map *map, const void *bytes, size_t size);
/* Reads them from the file, which may have changed. `name` is for messages. */
gb_status gb_map_reload(const gb_map *map, const char *name, const void *bytes, size_t size, gb_error *err);

/* The last component of a path, for messages. */
const char *gb_base_name(const char *path);

/* True if the path does not depend on the current folder. */
bool gb_path_is_absolute(const char *path);

/* True if there is a regular file, also behind symbolic links. */
bool gb_file_exists(const char *path);

/* Removes a file, if there is one and it can be. */
void gb_file_remove(const char *path);

/* Sets *stays to whether `path`, with all symbolic links resolved, is in `folder` or below it, or does not exist. */
gb_status gb_path_stays(const char *folder, const char *path, bool *stays, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- writing */

/* A file being written beside `path`, without a name until it is complete where the system allows that, so that a killed
 * program leaves nothing behind; elsewhere under a temporary name. Finishing it renames it to `path`; freeing it before
 * that removes it. A file that is replaced keeps its permissions. Devices and pipes (/dev/stdout) are written directly. */
typedef struct gb_out_file gb_out_file;

/* GB_BAD_ARGUMENT if gb_check_output() refuses `path`. */
gb_status gb_out_file_new(const char *path, gb_output_kind kind, gb_out_file **file, gb_error *err);
/* Takes a gb_out_file as void * so that it is a sink for the writers of weights/. False after the first failure. */
bool gb_out_file_write(void *file, const void *bytes, size_t size);
/* The first failure of a write so far, or GB_OK: distinguishes a full disk from an error of the writer itself. */
gb_status gb_out_file_check(const gb_out_file *file, gb_error *err);
/* Flushes, syncs and renames the file and syncs its folder; reports an earlier failure instead. */
gb_status gb_out_file_finish(gb_out_file *file, gb_error *err);
void gb_out_file_free(gb_out_file *file);

/* ---------------------------------------------------------------------------------------------------- time, memory */

double gb_clock(void);      /* monotonic, in seconds */

/* 64-byte aligned, contents undefined; NULL if out of memory. Release with gb_aligned_free(). */
void *gb_aligned_alloc(size_t size);
/* The same from a user's allocator, which must outlive the memory; NULL = the C library. */
void *gb_aligned_alloc_with(const gb_allocator *allocator, size_t size);
void gb_aligned_free(void *memory);

/* ---------------------------------------------------------------------------------------------------- threads
 * A build without threads (GANBEND_THREADS off) starts none, but its mutexes still work between the caller's threads. */

int gb_usable_cores(void);      /* cores that this process may run on; at least 1 */

typedef struct gb_thread gb_thread;
/* NULL if no thread can be started. The thread has all signals blocked. */
gb_thread *gb_thread_start(void (*run)(void *arg), void *arg);
void gb_thread_join(gb_thread *thread);
uintptr_t gb_thread_self(void);     /* unique among the threads alive; never 0 */

/* A mutex with one condition variable. */
typedef struct gb_mutex gb_mutex;
gb_mutex *gb_mutex_new(void);       /* NULL if out of memory */
void gb_mutex_free(gb_mutex *mutex);
void gb_mutex_lock(gb_mutex *mutex);
void gb_mutex_unlock(gb_mutex *mutex);
void gb_mutex_wait(gb_mutex *mutex);    /* unlocks until woken; may wake spuriously, so call it in a loop */
void gb_mutex_wake(gb_mutex *mutex);    /* wakes all waiting threads; call it with the mutex locked */

#endif
