/* Finding a network among a checkpoint's arrays. Names are sorted once; every lookup is a binary search. */
#include "source.h"

#include <ctype.h>
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

/* Length of the wrapper before `landmark`, or -1; the landmark must be whole: from a dot (or the start) to the end. */
static int wrapper_of(const char *path, const char *landmark) {
    size_t size = strlen(path), tail = strlen(landmark);
    if (size < tail || strcmp(path + size - tail, landmark))
        return -1;
    size -= tail;
    return size < sizeof ((gb_source *)NULL)->prefix && (!size || path[size - 1] == '.') ? (int)size : -1;
}

bool gb_source_has(const gb_checkpoint *c, const char *landmark) {
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    for (size_t i = 0; i < count; i++)
        if (wrapper_of(all[i].name, landmark) >= 0)
            return true;
    return false;
}

/* "Gs", or "ema" between any of . _ - */
static bool names_average(const char *prefix, size_t size) {
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && isalnum((unsigned char)prefix[end]))
            end++;
        const char *word = prefix + at;
        if ((end - at == 3 && (!strncmp(word, "ema", 3) || !strncmp(word, "EMA", 3))) ||
            (end - at == 2 && !strncmp(word, "Gs", 2)))
            return true;
        at = end + 1;
    }
    return false;
}

bool gb_source_is_average(const gb_source *s) {
    return names_average(s->prefix, strlen(s->prefix));
}

bool gb_source_open(gb_source *s, const gb_checkpoint *c, const char *landmark, gb_reason *why) {
    const gb_named_array *all = gb_checkpoint_arrays(c, &s->count), *best = NULL;
    s->checkpoint = c;
    s->entries = NULL;
    for (size_t i = 0; i < s->count; i++) {
        int size = wrapper_of(all[i].name, landmark);
        bool average = size >= 0 && names_average(all[i].name, (size_t)size);
        if (size >= 0 && (!best || average)) {
            best = &all[i];
            memcpy(s->prefix, best->name, (size_t)size);
            s->prefix[size] = 0;
        }
        if (average)
            break;
    }
    if (!best)
        return gb_because(why, "no tensor '%s'", landmark);
    s->entries = malloc(s->count * sizeof *s->entries);
    if (!s->entries)
        return gb_because(why, "memory is out");
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
