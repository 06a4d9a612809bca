/* What the engine needs of the operating system, and the only place that asks it: mapped files, files that appear
 * whole or not at all, threads and what they wait on, the clock, aligned memory. POSIX, with Linux's
 * affinity where there is one. */
#ifndef GB_ENGINE_PLATFORM_H
#define GB_ENGINE_PLATFORM_H

#include "engine/ganbend.h"

/* ---------------------------------------------------------------------------------------------------- reading */

typedef struct gb_map {
    const void *bytes;
    size_t size;        /* at least 1 */
} gb_map;

/* Maps a regular file read-only. The bytes are the file's own: somebody who shortens it while it is mapped takes them
 * away from under us, as with any mapped file. */
gb_status gb_map_open(const char *path, gb_map *map, gb_error *err);
void gb_map_close(gb_map *map);
/* Tells the system that these bytes of the map will not be needed soon: pages that lie wholly inside leave memory and
 * come back from the file when they are read again. Bytes outside the map are left alone. */
void gb_map_release(const gb_map *map, const void *bytes, size_t size);

/* The last component of a path, for messages. */
const char *gb_base_name(const char *path);

/* True where `path`, followed through all symbolic links, lies in `folder` or below it, or where nothing is there. */
bool gb_path_stays(const char *folder, const char *path);

/* ---------------------------------------------------------------------------------------------------- writing */

/* A file being written under a name of its own beside `path`. It takes its place when finished; freed before that, it
 * leaves nothing behind. Devices and pipes (/dev/stdout) are written directly. */
typedef struct gb_out_file gb_out_file;

/* GB_BAD_ARGUMENT where gb_check_output() refuses `path`. */
gb_status gb_out_file_new(const char *path, gb_output_kind kind, gb_out_file **file, gb_error *err);
/* Takes a gb_out_file as void * so that it is a sink for the writers of weights/. False after the first failure. */
bool gb_out_file_write(void *file, const void *bytes, size_t size);
/* The first failure of a write so far, or GB_OK: tells a full disk from a writer that stopped for its own reasons. */
gb_status gb_out_file_check(const gb_out_file *file, gb_error *err);
/* Flushes, waits for the disk and puts the file in place; reports any earlier failure instead. */
gb_status gb_out_file_finish(gb_out_file *file, gb_error *err);
void gb_out_file_free(gb_out_file *file);

/* ---------------------------------------------------------------------------------------------------- time, memory */

double gb_clock(void);      /* seconds since some moment; never goes back */

/* 64-byte aligned, contents undefined; NULL when memory is out. Release with gb_aligned_free(). */
void *gb_aligned_alloc(size_t size);
void gb_aligned_free(void *memory);

/* ---------------------------------------------------------------------------------------------------- threads
 * A build without threads (GANBEND_THREADS off) starts none, but its mutexes still hold against the
 * caller's own. */

int gb_usable_cores(void);      /* that this process may run on; at least 1 */

typedef struct gb_thread gb_thread;
/* NULL where no thread can be had. Signals of the process never arrive in it. */
gb_thread *gb_thread_start(void (*run)(void *arg), void *arg);
void gb_thread_join(gb_thread *thread);
uintptr_t gb_thread_self(void);     /* differs between threads that live at the same time; never 0 */

/* A mutex together with the one condition that is waited for under it. */
typedef struct gb_mutex gb_mutex;
gb_mutex *gb_mutex_new(void);       /* NULL when memory is out */
void gb_mutex_free(gb_mutex *mutex);
void gb_mutex_lock(gb_mutex *mutex);
void gb_mutex_unlock(gb_mutex *mutex);
void gb_mutex_wait(gb_mutex *mutex);    /* lets go of the mutex until woken, perhaps for nothing: call it in a loop */
void gb_mutex_wake(gb_mutex *mutex);    /* wakes all who wait; called with the mutex held */

#endif
