/* A signal handler writes to a pipe, from which one thread reads: it can use any function to clean up, and then ends the
 * program as the signal would have. Blocking the signals would not do, since libraries such as OpenBLAS start threads before
 * main(). The state belongs to the process, as its signals do. */
#define _POSIX_C_SOURCE 200809L
#include "temporary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "end_signals.h"
#include "error.h"
#include "interrupt.h"
#include "engine/platform/files.h"
#include "engine/platform/threads.h"

enum { FILES = 16, FOLDERS = 3, PREFIX_ROOM = 40, OWN_NAME = 32 };

static struct {
    pthread_mutex_t lock;
    char files[FILES][PATH_ROOM];   /* "" for a free place */
    char own[PATH_ROOM];            /* this program's folder in $TMPDIR; "" if there is none yet */
    char folders[FOLDERS][PATH_ROOM];   /* where the library writes */
    bool watching, started, waits;  /* waits: the thread waits for signals */
    pthread_cond_t begun;
    pthread_t thread;
    int from, into;                 /* the pipe */
    volatile process child;
} state_of_process = {.lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER};

/* The beginning of the names of this process's unfinished files, the library's included: the FNV-1a hash of the machine's name,
 * and the number of the process. */
static void hidden_prefix(char prefix[PREFIX_ROOM]) {
    char host[256] = "";
    uint32_t hash = 2166136261u;
    (void)gethostname(host, sizeof host - 1);
    for (const char *c = host; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    snprintf(prefix, PREFIX_ROOM, ".ganbend-%lx-%lx-", (unsigned long)hash, (unsigned long)getpid());
}

/* Removes the library's unfinished files, which have names where the file system knows no files without. */
static void remove_unfinished(const char *folder) {
    char prefix[PREFIX_ROOM], path[PATH_ROOM + 300];
    struct dirent *entry;
    DIR *list = *folder ? opendir(folder) : NULL;
    hidden_prefix(prefix);
    while (list && (entry = readdir(list))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix))) continue;
        snprintf(path, sizeof path, "%s/%.255s", folder, entry->d_name);
        unlink(path);
    }
    if (list) closedir(list);
}

static void remove_temporaries(void) {
    pthread_mutex_lock(&state_of_process.lock);
    for (int i = 0; i < FILES; i++) {
        if (*state_of_process.files[i]) unlink(state_of_process.files[i]);
        *state_of_process.files[i] = '\0';
    }
    if (*state_of_process.own) rmdir(state_of_process.own);
    *state_of_process.own = '\0';
    pthread_mutex_unlock(&state_of_process.lock);
}

static void pass_on(int signal_number) {
    int before = errno;
    unsigned char which = (unsigned char)signal_number;
    if (write(state_of_process.into, &which, 1) != 1) _exit(1);
    errno = before;
}

/* Waits for a signal, cleans up, and ends the program. */
static void *wait_for_signal(void *arg) {
    unsigned char which = 0;
    (void)arg;
    pthread_mutex_lock(&state_of_process.lock);
    state_of_process.waits = true;
    pthread_cond_signal(&state_of_process.begun);
    pthread_mutex_unlock(&state_of_process.lock);
    int n = read_signal(state_of_process.from, &which);
    if (n < 0) end_signals_end(pass_on);    /* signals end the program as they would without this */
    if (n != 1) return NULL;
    if (state_of_process.child > 0) process_kill(state_of_process.child);
    remove_temporaries();
    for (int i = 0; i < FOLDERS; i++) remove_unfinished(state_of_process.folders[i]);
    end_by_signal(which);
    return NULL;
}

void end_when_interrupted(process child) {
    state_of_process.child = child;
}

/* Starts the thread and sets the handlers. Returns once the thread waits: a child of fork() could not allocate memory if the thread
 * held a lock of the allocator at that moment, as starting threads do under the address sanitizer. */
static gb_status watch_signals(gb_error *err) {
    int ends[2], error = pipe_make(ends);
    if (error) return state(err, GB_IO, "cannot create a pipe: %s", strerror(error));
    state_of_process.from = ends[0];
    state_of_process.into = ends[1];
    state_of_process.started = gb_thread_begin(&state_of_process.thread, NULL, wait_for_signal, NULL) == 0;
    if (!state_of_process.started) return GB_OK;    /* signals end the program as they would without this */
    pthread_mutex_lock(&state_of_process.lock);
    while (!state_of_process.waits) pthread_cond_wait(&state_of_process.begun, &state_of_process.lock);
    pthread_mutex_unlock(&state_of_process.lock);
    end_signals_begin(pass_on, false, true);
    return GB_OK;
}

gb_status clean_up_when_interrupted(const char *folder, gb_error *err) {
    int i = 0;
    if (strlen(folder) >= PATH_ROOM) return state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
    while (i < FOLDERS - 1 && *state_of_process.folders[i]) i++;
    strcpy(state_of_process.folders[i], folder);
    if (state_of_process.watching) return GB_OK;
    state_of_process.watching = true;
    return watch_signals(err);
}

/* The end of the pipe ends the thread. A signal that came before is still obeyed. */
void end_cleaning_up(void) {
    remove_temporaries();
    if (!state_of_process.started) return;
    state_of_process.started = false;
    end_signals_end(pass_on);
    close(state_of_process.into);
    pthread_join(state_of_process.thread, NULL);
    close(state_of_process.from);
}

/* Remembers a path whose file is to be removed. */
static gb_status remember(const char *path, gb_error *err) {
    int i = 0;
    pthread_mutex_lock(&state_of_process.lock);
    while (i < FILES && *state_of_process.files[i]) i++;
    if (i < FILES) snprintf(state_of_process.files[i], PATH_ROOM, "%s", path);
    pthread_mutex_unlock(&state_of_process.lock);
    return i < FILES ? GB_OK : state(err, GB_IO, "more than %d temporary files", (int)FILES);
}

static void forget(const char *path) {
    pthread_mutex_lock(&state_of_process.lock);
    for (int i = 0; i < FILES; i++)
        if (!strcmp(state_of_process.files[i], path)) *state_of_process.files[i] = '\0';
    pthread_mutex_unlock(&state_of_process.lock);
}

/* Creates this program's folder in $TMPDIR, if it has none yet. */
static gb_status make_own_folder(gb_error *err) {
    char root[PATH_ROOM], folder[PATH_ROOM];
    int length;
    if (*state_of_process.own) return GB_OK;
    host_temporary_folder(root);
    length = snprintf(folder, sizeof folder, "%s/ganbend-XXXXXX", root);
    if (length < 0 || length >= PATH_ROOM - OWN_NAME) return state(err, GB_IO, "TMPDIR: this path is too long");
    if (!mkdtemp(folder)) return state(err, GB_IO, "%s: %s", folder, strerror(errno));
    pthread_mutex_lock(&state_of_process.lock);
    strcpy(state_of_process.own, folder);
    pthread_mutex_unlock(&state_of_process.lock);
    return GB_OK;
}

gb_status name_temporary(const char *name, char path[PATH_ROOM], gb_error *err) {
    size_t folder;
    if (make_own_folder(err)) return err->status;
    folder = strlen(state_of_process.own);
    strcpy(path, state_of_process.own);
    snprintf(path + folder, PATH_ROOM - folder, "/%.*s", (int)OWN_NAME - 2, name);
    return remember(path, err);
}

gb_status name_beside(const char *target, char path[PATH_ROOM], gb_error *err) {
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target) + 1 : 0;
    char prefix[PREFIX_ROOM];
    hidden_prefix(prefix);
    if (snprintf(path, PATH_ROOM, "%.*s%soutput", folder, target, prefix) >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", target);
    return remember(path, err);
}

void remove_temporary(const char *path) {
    unlink(path);
    forget(path);
}

gb_status keep_temporary(const char *path, const char *target, gb_error *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC), failure = file < 0 || fsync(file) != 0 ? errno : 0;
    if (file >= 0) close(file);
    if (!failure && rename(path, target) != 0) failure = errno;
    if (failure) unlink(path);
    forget(path);
    return failure ? state(err, GB_IO, "%s: %s", target, strerror(failure)) : GB_OK;
}
