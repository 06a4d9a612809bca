/* The works in the output folder: the projects of tabs, with the small pictures that their pages send when they keep them. */
#define _POSIX_C_SOURCE 200809L
#include "works.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base64.h"
#include "folder.h"
#include "handlers.h"
#include "outgoing.h"
#include "projects.h"
#include "engine/platform/files.h"

enum { MOST_FOUND = 4096 };

typedef struct work {
    char name[PROJECT_NAME];
    time_t changed;
} work;

/* ------------------------------------------------------------------------------------------------ pictures */

static bool is_jpeg(const unsigned char *bytes, size_t size) {
    return size > 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

void keep_work_picture(const live *s, const char *text) {
    char path[PATH_ROOM];
    gb_error ignored = {0};
    size_t size = base64_size(text);
    unsigned char *bytes = size && size <= WORK_PICTURE ? malloc(size) : NULL;
    if (bytes && base64_read(text, bytes, size) && is_jpeg(bytes, size) &&
        !folder_path(path, s->shared->out, "studio", s->project, ".jpg", &ignored))
        folder_replace(s->shared->out, path, bytes, size, &ignored);
    free(bytes);
}

/* Null if there is none. Fails only for want of memory. */
static gb_status picture_json(const live *s, const char *name, json_t **picture, gb_error *err) {
    char path[PATH_ROOM], *bytes = NULL, *text;
    size_t size;
    gb_error why = {0};
    *picture = NULL;
    if (folder_path(path, s->shared->out, "studio", name, ".jpg", &why) || !folder_has(path) ||
        folder_read(path, WORK_PICTURE, &bytes, &size, &why)) {
        *picture = json_null();
        return why.status == GB_NO_MEMORY ? state(err, why.status, "%s", why.message) : GB_OK;
    }
    text = base64_text(bytes, size);
    *picture = text ? json_string(text) : NULL;
    free(text);
    free(bytes);
    return *picture ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------------------------------------ the list */

static int newest_first(const void *a, const void *b) {
    const work *x = a, *y = b;
    return x->changed != y->changed ? (x->changed < y->changed) - (x->changed > y->changed) : strcmp(x->name, y->name);
}

/* Whether an entry of the folder is a project's file. */
static bool is_work(DIR *folder, const char *file, work *w) {
    size_t length = strlen(file), end = strlen(".json");
    struct stat info;
    if (length <= end || length - end >= PROJECT_NAME || strcmp(file + length - end, ".json") != 0) return false;
    memcpy(w->name, file, length - end);
    w->name[length - end] = '\0';
    if (!is_valid_name(w->name) || fstatat(dirfd(folder), file, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
        return false;
    w->changed = info.st_mtime;
    return true;
}

static gb_status find_works(const live *s, work **found, size_t *count, gb_error *err) {
    char path[PATH_ROOM];
    struct dirent *entry;
    DIR *folder;
    *count = 0;
    *found = calloc(MOST_FOUND, sizeof **found);
    if (!*found) return state(err, GB_NO_MEMORY, "out of memory for the list of works");
    if (snprintf(path, PATH_ROOM, "%s/studio", s->shared->out) >= PATH_ROOM || folder_open(path, &folder, err) || !folder)
        return err->status;
    while (*count < MOST_FOUND && (entry = readdir(folder))) *count += is_work(folder, entry->d_name, &(*found)[*count]);
    closedir(folder);
    qsort(*found, *count, sizeof **found, newest_first);
    return GB_OK;
}

gb_status handle_works(live *s, const message *m, outgoing *p, gb_error *err) {
    json_t *list = json_array(), *picture;
    work *found;
    size_t count;
    time_t now = time(NULL);
    if (!find_works(s, &found, &count, err))
        for (size_t i = 0; i < count && i < (size_t)m->count && !picture_json(s, found[i].name, &picture, err); i++)
            add_json(&list, json_pack("{s:o, s:I, s:o, s:b}", "name", text_json(found[i].name), "changed",
                                      (json_int_t)(now > found[i].changed ? now - found[i].changed : 0), "picture", picture, "open",
                                      project_is_open(&s->shared->clients, s->slot, found[i].name)));
    free(found);
    if (!err->status) return pack_answer(m->id, json_pack("{s:o}", "works", list), p, err);
    json_decref(list);
    return err->status;
}
