/* Files of the output folder for the person at the page, who may sit at another machine: piece by piece, so that a long film delays
 * neither pictures nor other answers. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "handlers.h"
#include "engine/platform/files.h"

enum { PIECE = 512 << 10 };

static const char *const endings[] = {".mp4", ".webm", ".zip", ".png", ".yaml", ".npz", NULL};

/* Only files of the folder itself, of kinds that the studio writes. */
static gb_status path_of(const live *s, const char *file, char path[PATH_ROOM], gb_error *err) {
    size_t length = strlen(file);
    char name[PATH_ROOM];
    for (const char *const *ending = endings; *ending; ending++) {
        size_t end = strlen(*ending);
        if (length <= end || length >= sizeof name || strcmp(file + length - end, *ending) != 0) continue;
        memcpy(name, file, length - end);
        name[length - end] = '\0';
        return folder_path(path, s->shared->out, NULL, name, *ending, err);
    }
    return state(err, GB_BAD_ARGUMENT, "'%.80s' is not a film, picture, recipe or .npz", file);
}

/* Fills `bytes` with up to PIECE bytes that begin at `from`. */
static gb_status read_piece(const char *path, const char *name, int64_t from, unsigned char *bytes, size_t *count, int64_t *size,
                            gb_error *err) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat about;
    ssize_t n = 0;
    *count = 0;
    if (fd < 0 && errno != ENOENT && errno != ELOOP) return state(err, GB_IO, "%.80s: %s", name, strerror(errno));
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        if (fd >= 0) close(fd);
        return state(err, GB_BAD_FILE, "no file '%.80s'", name);
    }
    *size = about.st_size;
    while (*count < PIECE && (n = pread(fd, bytes + *count, PIECE - *count, (off_t)from + (off_t)*count)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        *count += (size_t)n;
    }
    close(fd);
    return n < 0 ? state(err, GB_IO, "%.80s: %s", name, strerror(errno)) : GB_OK;
}

gb_status handle_download(live *s, const message *m, outgoing *p, gb_error *err) {
    char path[PATH_ROOM];
    unsigned char *bytes = malloc(PIECE);
    size_t count;
    int64_t size = 0;
    if (!bytes) return state(err, GB_NO_MEMORY, "out of memory");
    if (!path_of(s, m->name, path, err) && !read_piece(path, m->name, m->from, bytes, &count, &size, err))
        pack_binary(json_pack("{s:s, s:I, s:I, s:I}", "kind", "file", "id", (json_int_t)m->id, "from", (json_int_t)m->from, "size",
                              (json_int_t)size), bytes, count, p, err);
    free(bytes);
    return err->status;
}
