/* Looking up a network's tensors among a checkpoint's arrays. Names are sorted once; every lookup is a binary search. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gb_source_entry {
    const char *name;
    const gb_array *array;
    bool used;
};

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct gb_source_entry *)a)->name, ((const struct gb_source_entry *)b)->name);
}

bool gb_source_open(gb_source *s, const gb_checkpoint *c, const char *prefix, gb_reason *why) {
    const gb_named_array *all = gb_checkpoint_arrays(c, &s->count);
    s->checkpoint = c;
    snprintf(s->prefix, sizeof s->prefix, "%s", prefix);
    s->entries = malloc((s->count ? s->count : 1) * sizeof *s->entries);
    if (!s->entries)
        return gb_because_no_memory(why);
    for (size_t i = 0; i < s->count; i++)
        s->entries[i] = (struct gb_source_entry){.name = all[i].name, .array = &all[i].array};
    qsort(s->entries, s->count, sizeof *s->entries, by_name);
    return true;
}

void gb_source_close(gb_source *s) {
    free(s->entries);
    s->entries = NULL;
}

static const gb_array *take(gb_source *s, const char *prefix, int size, const char *name) {
    char path[320];
    if (snprintf(path, sizeof path, "%.*s%s", size, prefix, name) >= (int)sizeof path)
        return NULL;
    struct gb_source_entry key = {.name = path};
    struct gb_source_entry *found = bsearch(&key, s->entries, s->count, sizeof key, by_name);
    if (!found)
        return NULL;
    found->used = true;
    return found->array;
}

const gb_array *gb_source_take(gb_source *s, const char *name) {
    return take(s, s->prefix, (int)strlen(s->prefix), name);
}

const gb_array *gb_source_take_above(gb_source *s, const char *name) {
    int size = (int)strlen(s->prefix);
    for (;;) {
        const gb_array *a = take(s, s->prefix, size, name);
        if (a || !size)
            return a;
        do
            size--;
        while (size && s->prefix[size - 1] != '.');
    }
}

bool gb_source_lacks(const gb_source *s, const char *name, gb_reason *why) {
    char path[320];
    snprintf(path, sizeof path, "%s%s", s->prefix, name);
    size_t count;
    const gb_unreadable *all = gb_checkpoint_unreadable(s->checkpoint, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(all[i].path, path))
            return gb_because(why, "tensor '%s' is %s, which ganbend does not read; save it as a plain tensor", path,
                              all[i].what);
    return gb_because(why, "no tensor '%s'", path);
}

const char *gb_source_left(const gb_source *s, const char *const *within, bool (*ignored)(const char *name)) {
    size_t skip = strlen(s->prefix);
    for (size_t i = 0; i < s->count; i++) {
        const char *name = s->entries[i].name;
        if (s->entries[i].used || strncmp(name, s->prefix, skip) || ignored(name + skip))
            continue;
        for (const char *const *w = within; *w; w++)
            if (!strncmp(name + skip, *w, strlen(*w)))
                return name + skip;
    }
    return NULL;
}

/* One step of a dotted path: dict entry, submodule or attribute. Dict keys may hold dots themselves; a network's
 * wrapper does not. */
static const gb_value *step(const gb_value *v, const char *name) {
    const gb_value *below = gb_value_get(gb_value_get(v, "_modules"), name);
    return below ? below : gb_value_get(v, name);
}

static const gb_value *walk(const gb_value *v, const char *path) {
    char name[128];
    while (v && *path) {
        size_t size = strcspn(path, ".");
        if (size >= sizeof name)
            return NULL;
        memcpy(name, path, size);
        name[size] = 0;
        v = step(v, name);
        path += size + (path[size] == '.');
    }
    return v;
}

const gb_value *gb_source_object(const gb_source *s) {
    return walk(gb_checkpoint_root(s->checkpoint), s->prefix);
}

const gb_value *gb_submodule(const gb_value *module, const char *path) {
    return walk(module, path);
}
