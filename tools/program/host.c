/* host.h on the calls of engine/platform/files.h. */
#define _XOPEN_SOURCE 700
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "engine/platform/files.h"

double host_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool host_stdin_is_terminal(void) {
    return isatty(STDIN_FILENO) == 1;
}

bool host_stderr_is_terminal(void) {
    return isatty(STDERR_FILENO) == 1;
}

bool host_stdout_is_terminal(void) {
    return isatty(STDOUT_FILENO) == 1;
}

bool host_readable(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode) && access(path, R_OK) == 0;
}

bool host_same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool host_is_device(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

void host_allow_overwriting(void) {
    setenv("GANBEND_OVERWRITE", "1", 1);
}

int64_t host_file_bytes(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (int64_t)info.st_size : 0;
}

void host_remove_file(const char *path) {
    (void)unlink(path);
}

bool host_machine_name(char *name, size_t room) {
    return gethostname(name, room) == 0;
}

bool host_is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *host_final_name(const char *path) {
    char *target = realpath(path, NULL);
    return target ? target : strdup(path);
}

void host_output_folder(const char *output, bool is_file, char folder[PATH_ROOM]) {
    char *target = host_final_name(output), *slash;
    snprintf(folder, PATH_ROOM, "%s", target ? target : output);
    free(target);
    if (!is_file) return;
    slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = '\0';
    else strcpy(folder, ".");
}

static gb_status make_folder(const char *path, mode_t mode, gb_error *err) {
    size_t length = strlen(path);
    char *part = malloc(length + 1);
    if (!part) return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        part[i] = '\0';
        int failure = host_is_folder(part) || mkdir(part, i == length ? mode : 0777) == 0 ? 0 : errno;
        if (failure && !host_is_folder(part)) {      /* another process may have created it; is_folder() changes errno */
            state(err, GB_IO, "%s: cannot create this folder: %s", part, strerror(failure));
            free(part);
            return GB_IO;
        }
        part[i] = path[i];
    }
    free(part);
    return GB_OK;
}

gb_status host_make_folder(const char *path, gb_error *err) {
    return make_folder(path, 0777, err);
}

gb_status host_make_private_folder(const char *path, gb_error *err) {
    return make_folder(path, 0700, err);
}
