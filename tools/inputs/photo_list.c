/* Finding photos. */
#include "photo_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/platform/files.h"
#include "tools/bending/recipes.h"
#include "tools/program/error.h"
#include "tools/program/host.h"

static const char *ending(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return dot && dot > name ? dot : name + strlen(name);
}

static bool is_picture(const char *name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".gif"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (*name != '.' && !strcasecmp(ending(name), endings[i])) return true;
    return false;
}

static char *copy_text(const char *text, size_t length) {
    char *copy = malloc(length + 1);
    if (!copy) return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

static gb_status add_photo(photo_list *l, const char *path, gb_error *err) {
    if ((l->count & (l->count - 1)) == 0) {             /* the room is a power of two */
        size_t room = l->count ? 2 * l->count : 1;
        char **paths = realloc(l->paths, room * sizeof *paths), **names;
        if (paths) l->paths = paths;
        names = paths ? realloc(l->names, room * sizeof *names) : NULL;
        if (!names) return state(err, GB_NO_MEMORY, "out of memory");
        l->names = names;
    }
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    l->paths[l->count] = copy_text(path, strlen(path));
    l->names[l->count] = copy_text(name, (size_t)(ending(path) - name));
    l->count++;
    return l->paths[l->count - 1] && l->names[l->count - 1] ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gb_status add_folder(photo_list *l, const char *folder, gb_error *err) {
    struct dirent *entry;
    size_t first = l->count;
    DIR *list = opendir(folder);
    if (!list) return state(err, GB_IO, "%s: %s", folder, strerror(errno));
    while (!err->status && (entry = readdir(list))) {
        char path[PATH_ROOM];
        if (!is_picture(entry->d_name)) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= PATH_ROOM)
            state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
        else add_photo(l, path, err);
    }
    closedir(list);
    if (err->status) return err->status;
    if (l->count == first) return state(err, GB_BAD_ARGUMENT, "%s: holds no pictures", folder);
    qsort(l->paths + first, l->count - first, sizeof *l->paths, compare_texts);
    for (size_t i = first; i < l->count; i++) {         /* the names follow their paths */
        const char *name = strrchr(l->paths[i], '/') + 1;
        free(l->names[i]);
        l->names[i] = copy_text(name, (size_t)(ending(l->paths[i]) - name));
        if (!l->names[i]) state(err, GB_NO_MEMORY, "out of memory");
    }
    return err->status;
}

static gb_status add_lines(photo_list *l, const char *path, gb_error *err) {
    char *text;
    size_t size, first = l->count;
    if (read_text(path, &text, &size, err)) return err->status;
    for (char *line = text; *line && !err->status;) {
        size_t length = strcspn(line, "\n"), end = length;
        bool last = !line[length];
        while (end > 0 && strchr(" \t\r", line[end - 1])) end--;
        line[end] = '\0';
        if (end) add_photo(l, line, err);
        line += length + !last;
    }
    free(text);
    return err->status || l->count > first ? err->status : state(err, GB_BAD_ARGUMENT, "%s: names no photos", path);
}

/* Two photos of one name, of which the results would be one. */
static gb_status check_names(const photo_list *l, gb_error *err) {
    char **sorted = malloc((l->count + 1) * sizeof *sorted);
    if (!sorted) return state(err, GB_NO_MEMORY, "out of memory");
    memcpy(sorted, l->names, l->count * sizeof *sorted);
    qsort(sorted, l->count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < l->count && !err->status; i++)
        if (!strcmp(sorted[i - 1], sorted[i]))
            state(err, GB_BAD_ARGUMENT, "two photos are named '%s', and their results would have the same name; rename one",
                  sorted[i]);
    free(sorted);
    return err->status;
}

gb_status find_photos(const char *const *given, size_t count, photo_list *l, gb_error *err) {
    *l = (photo_list){.is_list = count > 1};
    for (size_t i = 0; i < count && !err->status; i++) {
        bool folder = host_is_folder(given[i]), text = !strcasecmp(ending(given[i]), ".txt");
        l->is_list |= folder || text;
        if (folder) add_folder(l, given[i], err);
        else if (text) add_lines(l, given[i], err);
        else add_photo(l, given[i], err);
    }
    return err->status ? err->status : check_names(l, err);
}

void free_photos(photo_list *l) {
    for (size_t i = 0; i < l->count; i++) {
        free(l->paths[i]);
        free(l->names[i]);
    }
    free(l->paths);
    free(l->names);
    *l = (photo_list){0};
}
