/* Uploads. Each piece is appended to an unfinished file, which is closed again, so that an upload that is given up holds nothing but
 * that file. It gets its name when it is complete; nothing is replaced. */
#define _POSIX_C_SOURCE 200809L
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base64.h"
#include "checkpoints.h"
#include "folder.h"
#include "handlers.h"
#include "projects.h"

enum { MAX_NUMBER = 999, KEPT_FREE = 256 << 20 };       /* bytes of the disk that an upload leaves free */

void upload_end(upload *u) {
    if (u->open) folder_remove(u->unfinished);
    *u = (upload){0};
}

/* Splits "NAME.pkl" into a valid name and its ending. */
static const char *split(const char *file, char stem[PROJECT_NAME]) {
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

gb_status handle_upload(live *s, const message *m, outgoing *p, gb_error *err) {
    upload next = {.size = m->upload_size};
    char stem[PROJECT_NAME], path[PATH_ROOM];
    int file;
    upload_end(&s->upload);             /* a page sends one at a time; this gives the one before up */
    if (!is_checkpoint_name(m->name))
        return state(err, GB_BAD_ARGUMENT, "'%.80s' is not a .gbw, .pkl, .pt, .pth, .bin or .safetensors file", m->name);
    const char *ending = split(m->name, stem);
    snprintf(next.name, sizeof next.name, "%.60s%s", stem, ending);
    if (folder_prepare(s->shared->out, "models", err) || check_room(s->shared->out, next.size, err) ||
        folder_path(path, s->shared->out, "models", stem, ".gbw", err) || unfinished_path(next.unfinished, s->shared->out, err))
        return err->status;
    file = open(next.unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return state(err, GB_IO, "%s: %s", next.unfinished, strerror(errno));
    close(file);
    next.open = true;
    s->upload = next;
    return pack_answer(m->id, json_object(), p, err);
}

static gb_status append_bytes(const upload *u, const unsigned char *bytes, size_t size, gb_error *err) {
    int file = open(u->unfinished, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return state(err, GB_IO, "%s: %s", u->unfinished, strerror(errno));
    for (size_t done = 0; done < size && !err->status;) {
        ssize_t n = write(file, bytes + done, size - done);
        if (n > 0) done += (size_t)n;
        else if (n == 0 || errno != EINTR) state(err, GB_IO, "%s: %s", u->unfinished, strerror(n ? errno : ENOSPC));
    }
    if (close(file) != 0 && !err->status) state(err, GB_IO, "%s: %s", u->unfinished, strerror(errno));
    return err->status;
}

/* "NAME.pkl", or "NAME-2.pkl", … */
static gb_status publish(live *s, upload *u, gb_error *err) {
    char stem[PROJECT_NAME], name[PROJECT_NAME], path[PATH_ROOM], of[80];
    snprintf(of, sizeof of, "%s", u->name);
    const char *ending = split(of, stem);
    for (int i = 1; i <= MAX_NUMBER; i++) {
        bool exists;
        if (i == 1) snprintf(name, sizeof name, "%s", stem);
        else snprintf(name, sizeof name, "%.50s-%d", stem, i);
        if (folder_path(path, s->shared->out, "models", name, ending, err)) return err->status;
        if (!folder_move_new(u->unfinished, path, &exists, err)) {
            snprintf(u->name, sizeof u->name, "%s%s", name, ending);
            return GB_OK;
        }
        if (!exists) return err->status;
        *err = (gb_error){0};
    }
    return state(err, GB_BAD_ARGUMENT, "too many files are called '%s'", u->name);
}

gb_status handle_piece(live *s, const message *m, outgoing *p, gb_error *err) {
    upload *u = &s->upload;
    size_t size = base64_size(m->pixels);
    unsigned char *bytes;
    json_t *file = NULL;
    if (!u->open) return state(err, GB_BAD_ARGUMENT, "no file is being uploaded");
    if (!size || size > UPLOAD_PIECE || (int64_t)size > u->size - u->done)
        return state(err, GB_BAD_ARGUMENT, "a piece has 1 to %d bytes, and no more than are left", (int)UPLOAD_PIECE);
    bytes = malloc(size);
    if (!bytes) return state(err, GB_NO_MEMORY, "out of memory");
    if (!base64_read(m->pixels, bytes, size)) state(err, GB_BAD_ARGUMENT, "a piece is base64");
    else append_bytes(u, bytes, size, err);
    free(bytes);
    if (!err->status) u->done += (int64_t)size;
    if (!err->status && u->done == u->size && !publish(s, u, err)) {
        file = json_string(u->name);
        *u = (upload){0};
    }
    if (err->status) upload_end(u);
    return err->status ? err->status : pack_answer(m->id, json_pack("{s:o}", "file", file ? file : json_null()), p, err);
}
