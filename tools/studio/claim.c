#define _GNU_SOURCE     /* flock; everything else is POSIX.1-2008 */
#include "claim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "engine/platform/files.h"
#include "tools/program/error.h"

/* The process that wrote its id into the lock, or 0. */
static long holder(int lock) {
    char text[24] = "";
    return pread(lock, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static gb_status refuse(const char *out, int lock, gb_error *err) {
    long process = holder(lock);
    char who[80] = "another ganbend studio";
    if (process > 0) snprintf(who, sizeof who, "another ganbend studio (process %ld)", process);
    return state(err, GB_IO, "%s: %s saves its work there; end it, or choose another folder with --out", out, who);
}

static void remove_unfinished(const char *out) {
    char path[PATH_ROOM];
    struct dirent *entry;
    DIR *list = snprintf(path, PATH_ROOM, "%s/" FOLDER_UNFINISHED, out) < PATH_ROOM ? opendir(path) : NULL;
    if (!list) return;
    while ((entry = readdir(list)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
            snprintf(path, PATH_ROOM, "%s/" FOLDER_UNFINISHED "/%s", out, entry->d_name) < PATH_ROOM)
            folder_remove(path);
    closedir(list);
}

/* Returns whether the lock is held. File systems without locks allow the folder to be used without one. */
static bool take_lock(const char *out, int lock, gb_error *err) {
    char text[24];
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
        int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        (void)!ftruncate(lock, 0);
        (void)!pwrite(lock, text, (size_t)length, 0);       /* it only serves the message */
        return true;
    }
    if (errno == EWOULDBLOCK) refuse(out, lock, err);
    return false;
}

gb_status claim_folder(const char *out, int *lock, gb_error *err) {
    char path[PATH_ROOM];
    *lock = -1;
    if (folder_prepare_unfinished(out, err)) return err->status;
    if (snprintf(path, PATH_ROOM, "%s/studio/.lock", out) >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", out);
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*lock < 0) return state(err, GB_IO, "%s: %s; choose another folder with --out", path, strerror(errno));
    if (take_lock(out, *lock, err)) {
        remove_unfinished(out);
        return GB_OK;
    }
    close(*lock);
    *lock = -1;
    return err->status;
}

void claim_end(const char *out, int lock) {
    char path[PATH_ROOM];
    if (lock < 0) return;
    remove_unfinished(out);
    if (snprintf(path, PATH_ROOM, "%s/" FOLDER_UNFINISHED, out) < PATH_ROOM) rmdir(path);
    close(lock);
}
