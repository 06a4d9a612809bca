/* Finds frames by their names. */
#define _POSIX_C_SOURCE 200809L
#include "older_frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/platform/files.h"
#include "tools/program/error.h"
#include "tools/program/host.h"

void name_frame(long index, char name[FRAME_NAME_ROOM]) {
    snprintf(name, FRAME_NAME_ROOM, "frame%05ld", index);
}

/* True for exactly the name that name_frame() gives to a frame from `frames` on. */
static bool is_older(const char *name, long frames) {
    char own[FRAME_NAME_ROOM + 8], *end;
    long index;
    if (strncmp(name, "frame", 5) || name[5] < '0' || name[5] > '9') return false;
    index = strtol(name + 5, &end, 10);
    if (index < frames || index > 100000000) return false;
    name_frame(index, own);
    strcat(own, ".png");
    return !strcmp(own, name);
}

gb_status older_frames(const char *folder, long frames, bool remove, size_t *count, gb_error *err) {
    DIR *list = opendir(folder);
    struct dirent *entry;
    *count = 0;
    if (!list) return state(err, GB_IO, "%s: %s", folder, strerror(errno));
    while (!err->status && (entry = readdir(list))) {
        char path[PATH_ROOM + 64];
        if (!is_older(entry->d_name, frames)) continue;
        ++*count;
        snprintf(path, sizeof path, "%s/%.60s", folder, entry->d_name);
        if (remove && unlink(path) != 0 && errno != ENOENT) state(err, GB_IO, "%s: %s", path, strerror(errno));
    }
    closedir(list);
    return err->status;
}
