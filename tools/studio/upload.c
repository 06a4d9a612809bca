/* Uploads. Each piece is appended to an unfinished file, which is closed again, so that an upload that is given up holds nothing but
 * that file. It gets its name when it is complete; nothing is replaced. */
#define _POSIX_C_SOURCE 200809L
#include "upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "projects.h"
#include "engine/platform/files.h"
#include "tools/program/error.h"

enum { MAX_NUMBER = 999, KEPT_FREE = 256 << 20 };       /* bytes of the disk that an upload leaves free */

void upload_end(upload *u) {
    if (u->open) folder_remove(u->unfinished);
    *u = (upload){0};
}

const char *upload_split(const char *file, char stem[PROJECT_NAME]) {
    const char *dot = strrchr(file, '.');
    char name[400];
    snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - file) : 0, file);
    make_valid_name(name, stem);
    return dot ? dot : "";
}

static gb_status check_room(const char *out, int64_t size, gb_error *err) {
    struct statvfs disk;
    if (statvfs(out, &disk) != 0) return state(err, GB_IO, "%s: %s", out, strerror(errno));
    if ((uint64_t)size + KEPT_FREE <= (uint64_t)disk.f_bavail * disk.f_frsize) return GB_OK;
    return state(err, GB_IO, "this file does not fit on the disk of the studio");
}

gb_status upload_begin(upload *u, const char *out, const char *name, int64_t size, gb_error *err) {
    upload next = {.size = size};
    char stem[PROJECT_NAME];
    const char *ending = upload_split(name, stem);
    int file;
    upload_end(u);
    snprintf(next.name, sizeof next.name, "%.64s%s", stem, ending);
    if (folder_prepare(out, "models", err) || check_room(out, size, err) || unfinished_path(next.unfinished, out, err)) return err->status;
    file = open(next.unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return state(err, GB_IO, "%s: %s", next.unfinished, strerror(errno));
    close(file);
    next.open = true;
    *u = next;
    return GB_OK;
}

gb_status upload_append(upload *u, const unsigned char *bytes, size_t size, gb_error *err) {
    int file = open(u->unfinished, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return state(err, GB_IO, "%s: %s", u->unfinished, strerror(errno));
    for (size_t done = 0; done < size && !err->status;) {
        ssize_t n = write(file, bytes + done, size - done);
        if (n > 0) done += (size_t)n;
        else if (n == 0 || errno != EINTR) state(err, GB_IO, "%s: %s", u->unfinished, strerror(n ? errno : ENOSPC));
    }
    if (close(file) != 0 && !err->status) state(err, GB_IO, "%s: %s", u->unfinished, strerror(errno));
    if (!err->status) u->done += (int64_t)size;
    return err->status;
}

gb_status upload_publish(upload *u, const char *out, gb_error *err) {
    char stem[PROJECT_NAME], name[PROJECT_NAME], path[PATH_ROOM], of[80];
    if (folder_sync_file(u->unfinished, err)) return err->status;
    snprintf(of, sizeof of, "%s", u->name);
    const char *ending = upload_split(of, stem);
    for (int i = 1; i <= MAX_NUMBER; i++) {
        bool exists;
        if (i == 1) snprintf(name, sizeof name, "%s", stem);
        else snprintf(name, sizeof name, "%.50s-%d", stem, i);
        if (folder_path(path, out, "models", name, ending, err)) return err->status;
        if (!folder_move_new(u->unfinished, path, &exists, err)) {
            snprintf(u->name, sizeof u->name, "%s%s", name, ending);
            return GB_OK;
        }
        if (!exists) return err->status;
        *err = (gb_error){0};
    }
    return state(err, GB_BAD_ARGUMENT, "too many files are called '%s'", u->name);
}
