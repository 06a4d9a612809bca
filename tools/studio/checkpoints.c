/* A model is added at the end of an array that does not move, and then counted, so that all others read it without a lock. */
#define _POSIX_C_SOURCE 200809L
#include "checkpoints.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "outgoing.h"
#include "engine/platform/files.h"
#include "tools/program/output_names.h"

enum { MOST_LISTED = 2000, NAME_ROOM = 256 };

bool is_checkpoint_name(const char *name) {
    static const char *const endings[] = {".gbw", ".pkl", ".pt", ".pth", ".bin", ".safetensors"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_with(name, endings[i]) && strlen(name) > strlen(endings[i])) return true;
    return false;
}

void name_model(const char *path, char name[MODEL_NAME]) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    size_t length = dot && dot != base && is_checkpoint_name(base) ? (size_t)(dot - base) : strlen(base);
    if (length >= MODEL_NAME) {
        length = MODEL_NAME - 1;
        while (length && ((unsigned char)base[length] & 0xc0) == 0x80) length--;
    }
    memcpy(name, base, length);
    name[length] = '\0';
}

/* ------------------------------------------------------------------------------------------------ paths */

/* One part of a path from a page: a name that does not begin with a dot. */
static bool is_part(const char *part, size_t length) {
    if (!length || length >= NAME_ROOM || *part == '.' || gb_leaves_folder(part)) return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)part[i] < ' ' || part[i] == 127) return false;
    return true;
}

gb_status checkpoint_path(const shared *of, size_t folder, const char *inside, char path[PATH_ROOM], gb_error *err) {
    struct stat info;
    size_t used;
    if (folder >= of->folder_count) return state(err, GB_BAD_ARGUMENT, "no folder %zu", folder);
    used = (size_t)snprintf(path, PATH_ROOM, "%s", of->folders[folder]);
    for (const char *part = inside; *part && used < PATH_ROOM; part += part[0] == '/') {
        size_t length = strcspn(part, "/");
        if (!is_part(part, length)) return state(err, GB_BAD_ARGUMENT, "%.200s: is not a path in this folder", inside);
        used += (size_t)snprintf(path + used, PATH_ROOM - used, "/%.*s", (int)length, part);
        if (used < PATH_ROOM && lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
            return state(err, GB_IO, "%.200s: is a symbolic link, which the studio does not follow", inside);
        part += length;
        if (*part == '/' && !part[1]) return state(err, GB_BAD_ARGUMENT, "%.200s: is not a path in this folder", inside);
    }
    return used < PATH_ROOM ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", inside);
}

/* ------------------------------------------------------------------------------------------------ the list */

typedef struct entry {
    char name[NAME_ROOM];
    bool folder;
    int64_t bytes;
} entry;

static int by_name(const void *a, const void *b) {
    const entry *x = a, *y = b;
    return x->folder != y->folder ? y->folder - x->folder : strcmp(x->name, y->name);
}

static bool is_listed(DIR *folder, const char *name, entry *e) {
    struct stat info;
    if (!is_part(name, strlen(name)) || fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
    e->folder = S_ISDIR(info.st_mode);
    if (!e->folder && !(S_ISREG(info.st_mode) && is_checkpoint_name(name))) return false;
    e->bytes = (int64_t)info.st_size;
    snprintf(e->name, sizeof e->name, "%s", name);
    return true;
}

static gb_status read_folder(const char *path, const char *inside, entry **found, size_t *count, gb_error *err) {
    struct dirent *next;
    DIR *folder;
    *count = 0;
    *found = calloc(MOST_LISTED, sizeof **found);
    if (!*found) return state(err, GB_NO_MEMORY, "out of memory for the list of checkpoints");
    folder = opendir(path);
    if (!folder && (*inside || errno != ENOENT)) return state(err, GB_IO, "%s: %s", *inside ? inside : "this folder", strerror(errno));
    while (folder && *count < MOST_LISTED && (next = readdir(folder))) *count += is_listed(folder, next->d_name, &(*found)[*count]);
    if (folder) closedir(folder);
    qsort(*found, *count, sizeof **found, by_name);
    return GB_OK;
}

/* The last part of a folder's path; the first folder is that of uploaded files. */
static const char *folder_name(const shared *of, size_t folder) {
    const char *slash = strrchr(of->folders[folder], '/');
    return !folder ? "uploaded" : slash && slash[1] ? slash + 1 : of->folders[folder];
}

gb_status handle_folder(live *s, const message *m, outgoing *p, gb_error *err) {
    const shared *of = s->shared;
    char path[PATH_ROOM];
    entry *found = NULL;
    size_t count = 0;
    json_t *names = json_array(), *entries = json_array();
    if (!checkpoint_path(of, (size_t)m->index, m->inside, path, err) && !read_folder(path, m->inside, &found, &count, err)) {
        for (size_t i = 0; i < of->folder_count; i++) add_json(&names, text_json(folder_name(of, i)));
        for (size_t i = 0; i < count; i++) {
            json_t *name = json_string(found[i].name);      /* not if it is no UTF-8 */
            if (name)
                add_json(&entries, json_pack("{s:o, s:b, s:I}", "name", name, "folder", found[i].folder, "bytes", (json_int_t)found[i].bytes));
        }
        pack_answer(m->id, json_pack("{s:o, s:o}", "folders", names, "entries", entries), p, err);
    } else {
        json_decref(names);
        json_decref(entries);
    }
    free(found);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ models */

bool shared_find_model(shared *of, const char *path, size_t *index) {
    size_t count = atomic_load(&of->model_count);
    for (size_t i = 0; i < count; i++)
        if (of->models[i].path && !strcmp(of->models[i].path, path)) {
            *index = i;
            return true;
        }
    return false;
}

static bool has_name(const shared *of, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(of->models[i].name, name)) return true;
    return false;
}

gb_status shared_add_model(shared *of, gb_model *model, const char *path, const char *name, size_t *index, gb_error *err) {
    char *copy = strdup(path);
    size_t count;
    pthread_mutex_lock(&of->clients.lock);
    count = atomic_load(&of->model_count);
    if (!copy) state(err, GB_NO_MEMORY, "out of memory");
    else if (count >= of->model_room) state(err, GB_BAD_ARGUMENT, "%zu models are open, and no more can be", count);
    if (!err->status) {
        shared_model *m = &of->models[count];
        *m = (shared_model){.model = model, .path = copy, .own_path = copy};
        snprintf(m->name, sizeof m->name, "%s", name);
        for (int k = 2; has_name(of, count, m->name); k++) snprintf(m->name, sizeof m->name, "%.50s-%d", name, k);
        atomic_store(&of->model_count, count + 1);
        *index = count;
        copy = NULL;
    }
    pthread_mutex_unlock(&of->clients.lock);
    free(copy);
    return err->status;
}
