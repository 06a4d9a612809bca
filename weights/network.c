/* A network in memory: three tables (metadata, tensors, aliases) in the order they were filled, each with an index by
 * name, and the notes. Names, values and tensors that it owns are in its arena. */
#include "network.h"

#include "arena.h"
#include "name_index.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Entries of one kind. Every kind of entry begins with its name. */
typedef struct table {
    char *entries;
    size_t width, count, room;
    gb_name_index index;
} table;

struct gb_network {
    table metas, arrays, aliases;
    const char **notes;
    size_t note_count, note_room;
    gb_arena *arena;
    void *attachment;
    int holders;                /* beyond the first */
};

static void *own_copy(gb_network *n, const void *from, size_t size) {
    void *copy = gb_arena_take(n->arena, size);
    if (copy && size)
        memcpy(copy, from, size);
    return copy;
}

static char *own_text(gb_network *n, const char *text) {
    return gb_arena_text(n->arena, text, strlen(text));
}

/* ---- tables ---- */

static const char *entry_name(const void *list, size_t number) {
    const table *t = list;
    return *(const char *const *)(const void *)(t->entries + number * t->width);
}

static void *find(const table *t, const char *name) {
    int64_t number = gb_name_find(&t->index, name, entry_name, t);
    return number == GB_NO_NAME ? NULL : t->entries + (size_t)number * t->width;
}

static bool grow(table *t) {
    size_t room = t->room ? 2 * t->room : 64;
    char *entries = realloc(t->entries, room * t->width);
    if (!entries)
        return false;
    t->entries = entries;
    t->room = room;
    return true;
}

/* The entry of that name; if there is none, a new zeroed one. */
static void *place(gb_network *n, table *t, const char *name) {
    void *entry = find(t, name);
    if (entry)
        return entry;
    size_t length = strlen(name);
    if (!length || length > GB_NETWORK_NAME || t->count == GB_NETWORK_ENTRIES || (t->count == t->room && !grow(t)))
        return NULL;
    const char *copy = own_text(n, name);
    if (!copy)
        return NULL;
    entry = t->entries + t->count * t->width;
    memset(entry, 0, t->width);
    memcpy(entry, &copy, sizeof copy);
    if (!gb_name_add(&t->index, t->count, entry_name, t))
        return NULL;
    t->count++;
    return entry;
}

/* ---- creating and freeing ---- */

gb_network *gb_network_new(void) {
    gb_network *n = calloc(1, sizeof *n);
    if (!n || !(n->arena = gb_arena_new(SIZE_MAX))) {
        free(n);
        return NULL;
    }
    n->metas.width = sizeof(gb_meta);
    n->arrays.width = sizeof(gb_named_array);
    n->aliases.width = sizeof(gb_alias);
    return n;
}

void gb_network_retain(gb_network *n) {
    n->holders++;
}

void gb_network_free(gb_network *n) {
    if (!n || n->holders-- > 0)
        return;
    gb_arena_free(n->arena);
    table *tables[] = {&n->metas, &n->arrays, &n->aliases};
    for (size_t i = 0; i < 3; i++) {
        free(tables[i]->entries);
        gb_name_index_free(&tables[i]->index);
    }
    free((void *)n->notes);
    free(n);
}

/* ---- metadata ---- */

static bool set_meta(gb_network *n, const char *key, gb_meta_type type, const void *values, size_t count) {
    gb_meta *m = values ? place(n, &n->metas, key) : NULL;
    if (!m)
        return false;
    m->type = type;
    m->count = count;
    switch (type) {
    case GB_META_FLOAT:
    case GB_META_FLOATS:
        m->floats = values;
        break;
    case GB_META_STR:
    case GB_META_STRS:
        m->strs = values;
        break;
    default:
        m->ints = values;
    }
    return true;
}

bool gb_network_set_int(gb_network *n, const char *key, int64_t v) {
    return set_meta(n, key, GB_META_INT, own_copy(n, &v, sizeof v), 1);
}

bool gb_network_set_float(gb_network *n, const char *key, double v) {
    return set_meta(n, key, GB_META_FLOAT, own_copy(n, &v, sizeof v), 1);
}

bool gb_network_set_bool(gb_network *n, const char *key, bool v) {
    int64_t i = v;
    return set_meta(n, key, GB_META_BOOL, own_copy(n, &i, sizeof i), 1);
}

static const char **own_texts(gb_network *n, const char *const *v, size_t count) {
    const char **list = gb_arena_take(n->arena, count * sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        if (!(list[i] = own_text(n, v[i])))
            return NULL;
    return list;
}

bool gb_network_set_str(gb_network *n, const char *key, const char *v) {
    return set_meta(n, key, GB_META_STR, own_texts(n, &v, 1), 1);
}

bool gb_network_set_ints(gb_network *n, const char *key, const int64_t *v, size_t count) {
    return set_meta(n, key, GB_META_INTS, own_copy(n, v, count * sizeof *v), count);
}

bool gb_network_set_floats(gb_network *n, const char *key, const double *v, size_t count) {
    return set_meta(n, key, GB_META_FLOATS, own_copy(n, v, count * sizeof *v), count);
}

bool gb_network_set_strs(gb_network *n, const char *key, const char *const *v, size_t count) {
    return set_meta(n, key, GB_META_STRS, own_texts(n, v, count), count);
}

/* ---- tensors, aliases, notes ---- */

bool gb_network_add_alias(gb_network *n, const char *alias, const char *canonical) {
    const char *target = strlen(canonical) <= GB_NETWORK_NAME ? own_text(n, canonical) : NULL;
    gb_alias *a = target ? place(n, &n->aliases, alias) : NULL;
    if (a)
        a->canonical = target;
    return a != NULL;
}

bool gb_network_add_array(gb_network *n, const char *name, const gb_array *a) {
    gb_named_array *named = place(n, &n->arrays, name);
    if (named)
        named->array = *a;
    return named != NULL;
}

float *gb_network_add_f32(gb_network *n, const char *name, int ndim, const int64_t *shape) {
    gb_array a = {.dtype = GB_F32, .ndim = ndim};
    if (ndim < 0 || ndim > GB_MAX_DIMS)
        return NULL;
    for (int d = 0; d < ndim; d++)
        a.shape[d] = shape[d];
    int64_t count = gb_array_count(&a);
    if (count < 0 || (uint64_t)count > SIZE_MAX / 2 / sizeof(float))
        return NULL;
    gb_array_pack_strides(&a);
    float *data = gb_arena_take(n->arena, (size_t)count * sizeof *data);
    a.data = data;
    return data && gb_network_add_array(n, name, &a) ? data : NULL;
}

bool gb_network_note(gb_network *n, const char *format, ...) {
    char text[GB_REASON_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n->note_count == n->note_room) {
        size_t room = n->note_room ? 2 * n->note_room : 8;
        const char **notes = realloc((void *)n->notes, room * sizeof *notes);
        if (!notes)
            return false;
        n->notes = notes;
        n->note_room = room;
    }
    char *copy = own_text(n, text);
    if (!copy)
        return false;
    gb_make_printable(copy);        /* part of it may come from a file */
    n->notes[n->note_count++] = copy;
    return true;
}

void *gb_network_set_attachment(gb_network *n, size_t size) {
    return n->attachment = gb_arena_take(n->arena, size);
}

const void *gb_network_attachment(const gb_network *n) {
    return n->attachment;
}

/* ---- getters ---- */

const gb_meta *gb_network_meta(const gb_network *n, const char *key) {
    return find(&n->metas, key);
}

static const gb_meta *meta_of(const gb_network *n, const char *key, gb_meta_type type) {
    const gb_meta *m = gb_network_meta(n, key);
    return m && m->type == type ? m : NULL;
}

int64_t gb_network_int(const gb_network *n, const char *key, int64_t default_value) {
    const gb_meta *m = meta_of(n, key, GB_META_INT);
    return m ? m->ints[0] : default_value;
}

double gb_network_float(const gb_network *n, const char *key, double default_value) {
    const gb_meta *m = meta_of(n, key, GB_META_FLOAT);
    return m ? m->floats[0] : default_value;
}

bool gb_network_bool(const gb_network *n, const char *key, bool default_value) {
    const gb_meta *m = meta_of(n, key, GB_META_BOOL);
    return m ? m->ints[0] != 0 : default_value;
}

const char *gb_network_str(const gb_network *n, const char *key, const char *default_value) {
    const gb_meta *m = meta_of(n, key, GB_META_STR);
    return m ? m->strs[0] : default_value;
}

const gb_array *gb_network_array(const gb_network *n, const char *name) {
    const gb_named_array *named = find(&n->arrays, name);
    return named ? &named->array : NULL;
}

size_t gb_network_metas(const gb_network *n, const gb_meta **list) {
    *list = (const gb_meta *)(const void *)n->metas.entries;
    return n->metas.count;
}

size_t gb_network_arrays(const gb_network *n, const gb_named_array **list) {
    *list = (const gb_named_array *)(const void *)n->arrays.entries;
    return n->arrays.count;
}

size_t gb_network_aliases(const gb_network *n, const gb_alias **list) {
    *list = (const gb_alias *)(const void *)n->aliases.entries;
    return n->aliases.count;
}

size_t gb_network_notes(const gb_network *n, const char *const **list) {
    *list = n->notes;
    return n->note_count;
}
