#define _DEFAULT_SOURCE     /* getentropy; everything else is POSIX.1-2008 */
#include "token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "engine/platform/files.h"
#include "tools/program/error.h"

enum { DIGITS = GUARD_TOKEN - 1 };

static bool is_private(int file) {
    struct stat info;
    return fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() && !(info.st_mode & 077);
}

static bool read_token(const char *path, char token[GUARD_TOKEN]) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char text[GUARD_TOKEN + 1];
    if (file < 0) return false;
    bool valid = is_private(file) && read(file, text, sizeof text) == DIGITS + 1 && text[DIGITS] == '\n';
    close(file);
    if (!valid) return false;
    text[DIGITS] = '\0';
    if (strspn(text, "0123456789abcdef") != DIGITS) return false;
    memcpy(token, text, GUARD_TOKEN);
    return true;
}

static gb_status draw_token(char token[GUARD_TOKEN], gb_error *err) {
    unsigned char bits[DIGITS / 2];
    if (getentropy(bits, sizeof bits) != 0) return state(err, GB_IO, "no random numbers are available for the token");
    for (size_t i = 0; i < sizeof bits; i++) snprintf(token + 2 * i, 3, "%02x", bits[i]);
    return GB_OK;
}

static gb_status write_private(const char *path, const char *text, gb_error *err) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t size = strlen(text);
    if (file < 0) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    ssize_t written = write(file, text, size);
    if (written != (ssize_t)size) state(err, GB_IO, "%s: %s", path, strerror(written < 0 ? errno : ENOSPC));
    if (close(file) != 0 && !err->status) state(err, GB_IO, "%s: %s", path, strerror(errno));
    if (!err->status) return GB_OK;
    unlink(path);
    return err->status;
}

gb_status token_open(const char *out, char token[GUARD_TOKEN], gb_error *err) {
    char path[PATH_ROOM], beside[PATH_ROOM], text[GUARD_TOKEN + 1];
    if (snprintf(path, PATH_ROOM, "%s/studio/.token", out) >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", out);
    if (read_token(path, token)) return GB_OK;
    if (draw_token(token, err) || unfinished_path(beside, out, err)) return err->status;
    snprintf(text, sizeof text, "%s\n", token);
    if (write_private(beside, text, err)) return err->status;
    if (rename(beside, path) == 0) return GB_OK;
    state(err, GB_IO, "%s: %s", path, strerror(errno));
    unlink(beside);
    return err->status;
}

gb_status token_redirect(const char *out, const char *address, char path[PATH_ROOM], gb_error *err) {
    char text[1024], name[PATH_ROOM], *folder = realpath(out, NULL);
    if (!folder) return state(err, GB_IO, "%s: %s", out, strerror(errno));
    if (!unfinished_path(name, folder, err) && snprintf(path, PATH_ROOM, "%s.html", name) >= PATH_ROOM)
        state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", folder);
    free(folder);
    if (err->status) return err->status;
    snprintf(text, sizeof text,
             "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n<title>ganbend studio</title>\n"
             "<a href=\"%s\">ganbend studio</a>\n", address, address);
    return write_private(path, text, err);
}
