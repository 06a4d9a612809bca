/* Plain values: making them in an arena, and looking into them. */
#include "value.h"

#include <string.h>

const char *gb_value_kind_name(const gb_value *v) {
    static const char *const names[] = {
        [GB_VALUE_NONE] = "None", [GB_VALUE_BOOL] = "a boolean", [GB_VALUE_INT] = "an integer",
        [GB_VALUE_FLOAT] = "a float", [GB_VALUE_STR] = "a string", [GB_VALUE_BYTES] = "bytes",
        [GB_VALUE_LIST] = "a list", [GB_VALUE_TUPLE] = "a tuple", [GB_VALUE_SET] = "a set",
        [GB_VALUE_DICT] = "a dict", [GB_VALUE_CLASS] = "a class", [GB_VALUE_RECORD] = "an object",
        [GB_VALUE_ARRAY] = "a tensor",
    };
    return v ? names[v->kind] : "nothing";
}

gb_value *gb_value_new(gb_arena *arena, gb_value_kind kind) {
    gb_value *v = gb_arena_take(arena, sizeof *v);
    if (v)
        v->kind = kind;
    return v;
}

gb_value *gb_value_new_int(gb_arena *arena, int64_t x) {
    gb_value *v = gb_value_new(arena, GB_VALUE_INT);
    if (v)
        v->integer = x;
    return v;
}

gb_value *gb_value_new_float(gb_arena *arena, double x) {
    gb_value *v = gb_value_new(arena, GB_VALUE_FLOAT);
    if (v)
        v->real = x;
    return v;
}

gb_value *gb_value_new_bool(gb_arena *arena, bool x) {
    gb_value *v = gb_value_new(arena, GB_VALUE_BOOL);
    if (v)
        v->boolean = x;
    return v;
}

gb_value *gb_value_new_str(gb_arena *arena, const char *text, size_t size) {
    gb_value *v = gb_value_new(arena, GB_VALUE_STR);
    if (!v || !(v->str.text = gb_arena_text(arena, text, size)))
        return NULL;
    v->str.size = size;
    return v;
}

gb_value *gb_value_new_bytes(gb_arena *arena, const void *data, size_t size) {
    gb_value *v = gb_value_new(arena, GB_VALUE_BYTES);
    if (v) {
        v->bytes.data = data;
        v->bytes.size = size;
    }
    return v;
}

gb_value *gb_value_new_array(gb_arena *arena, const gb_array *a) {
    gb_value *v = gb_value_new(arena, GB_VALUE_ARRAY);
    if (!v || !(v->array = gb_arena_take(arena, sizeof *v->array)))
        return NULL;
    *v->array = *a;
    return v;
}

gb_value *gb_value_new_record(gb_arena *arena, const char *module, const char *name) {
    gb_value *v = gb_value_new(arena, GB_VALUE_RECORD);
    if (v) {
        v->record.module = module;
        v->record.name = name;
    }
    return v;
}

/* Room for one more pointer: doubles, leaving the old list to the arena. */
static bool grow(gb_arena *arena, gb_value ***list, size_t count, size_t room) {
    gb_value **more = gb_arena_take(arena, room * sizeof *more);
    if (!more)
        return false;
    if (count)
        memcpy(more, *list, count * sizeof *more);
    *list = more;
    return true;
}

bool gb_value_append(gb_arena *arena, gb_value *seq, gb_value *item) {
    if (seq->seq.count == seq->seq.room) {
        size_t room = seq->seq.room ? 2 * seq->seq.room : 2;
        if (!grow(arena, &seq->seq.items, seq->seq.count, room))
            return false;
        seq->seq.room = room;
    }
    seq->seq.items[seq->seq.count++] = item;
    return true;
}

bool gb_value_set(gb_arena *arena, gb_value *dict, gb_value *key, gb_value *value) {
    if (dict->dict.count == dict->dict.room) {
        size_t room = dict->dict.room ? 2 * dict->dict.room : 4;
        if (!grow(arena, &dict->dict.keys, dict->dict.count, room) ||
            !grow(arena, &dict->dict.values, dict->dict.count, room))
            return false;
        dict->dict.room = room;
    }
    dict->dict.keys[dict->dict.count] = key;
    dict->dict.values[dict->dict.count++] = value;
    return true;
}

static const gb_value *find(const gb_value *dict, const char *key) {
    if (!dict || dict->kind != GB_VALUE_DICT)
        return NULL;
    size_t size = strlen(key);
    for (size_t i = dict->dict.count; i-- > 0;) {
        const gb_value *k = dict->dict.keys[i];
        if (k->kind == GB_VALUE_STR && k->str.size == size && memcmp(k->str.text, key, size) == 0)
            return dict->dict.values[i];
    }
    return NULL;
}

const gb_value *gb_value_get(const gb_value *v, const char *key) {
    if (!v || v->kind != GB_VALUE_RECORD)
        return find(v, key);
    const gb_value *found = find(v->record.state, key);
    return found ? found : find(v->record.entries, key);
}

const gb_value *gb_value_item(const gb_value *seq, size_t index) {
    if (!seq || (seq->kind != GB_VALUE_LIST && seq->kind != GB_VALUE_TUPLE))
        return NULL;
    return index < seq->seq.count ? seq->seq.items[index] : NULL;
}

size_t gb_value_count(const gb_value *v) {
    if (!v)
        return 0;
    switch (v->kind) {
    case GB_VALUE_LIST:
    case GB_VALUE_TUPLE:
    case GB_VALUE_SET: return v->seq.count;
    case GB_VALUE_DICT: return v->dict.count;
    default: return 0;
    }
}

bool gb_value_is_record(const gb_value *v, const char *name) {
    return v && v->kind == GB_VALUE_RECORD && (!name || strcmp(v->record.name, name) == 0);
}

const char *gb_value_str(const gb_value *v, const char *default_value) {
    return v && v->kind == GB_VALUE_STR ? v->str.text : default_value;
}

/* A 0-d (or one-element) array's number; false for anything else. */
static bool array_number(const gb_value *v, double *x) {
    return v && v->kind == GB_VALUE_ARRAY && gb_array_count(v->array) == 1 && gb_array_to_f64(v->array, x, NULL);
}

static bool whole(double x) {
    return x >= -0x1p63 && x < 0x1p63 && (double)(int64_t)x == x;
}

int64_t gb_value_int(const gb_value *v, int64_t default_value) {
    double x;
    if (!v)
        return default_value;
    switch (v->kind) {
    case GB_VALUE_BOOL: return v->boolean;
    case GB_VALUE_INT: return v->integer;
    case GB_VALUE_FLOAT: return whole(v->real) ? (int64_t)v->real : default_value;
    default: return array_number(v, &x) && whole(x) ? (int64_t)x : default_value;
    }
}

double gb_value_float(const gb_value *v, double default_value) {
    double x;
    if (!v)
        return default_value;
    switch (v->kind) {
    case GB_VALUE_BOOL: return v->boolean;
    case GB_VALUE_INT: return (double)v->integer;
    case GB_VALUE_FLOAT: return v->real;
    default: return array_number(v, &x) ? x : default_value;
    }
}

bool gb_value_bool(const gb_value *v, bool default_value) {
    double x;
    if (!v)
        return default_value;
    switch (v->kind) {
    case GB_VALUE_BOOL: return v->boolean;
    case GB_VALUE_INT: return v->integer != 0;
    default: return array_number(v, &x) ? x != 0 : default_value;
    }
}

const gb_array *gb_value_array(const gb_value *v) {
    return v && v->kind == GB_VALUE_ARRAY ? v->array : NULL;
}
