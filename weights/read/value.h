/* Plain values: the contents of a pickle (or of a safetensors header, an .npz listing) without any behaviour. A class is
 * only a name; an object is a record of that name with the values that were pickled for it. */
#ifndef GB_WEIGHTS_READ_VALUE_H
#define GB_WEIGHTS_READ_VALUE_H

#include "../arena.h"
#include "../array.h"

typedef enum gb_value_kind {
    GB_VALUE_NONE, GB_VALUE_BOOL, GB_VALUE_INT, GB_VALUE_FLOAT,
    GB_VALUE_STR,       /* UTF-8 as stored; `text` is also zero-terminated */
    GB_VALUE_BYTES,
    GB_VALUE_LIST, GB_VALUE_TUPLE, GB_VALUE_SET,
    GB_VALUE_DICT,      /* dict, OrderedDict, defaultdict, and EasyDict-like subclasses of dict */
    GB_VALUE_CLASS,     /* a global that was named but not called: module, name */
    GB_VALUE_RECORD,    /* an instance of module.name, opaque to us */
    GB_VALUE_ARRAY,     /* a tensor, parameter or ndarray */
} gb_value_kind;

typedef struct gb_value gb_value;

struct gb_value {
    gb_value_kind kind;
    union {
        bool boolean;
        int64_t integer;            /* integers beyond 64 bits become GB_VALUE_BYTES, as stored */
        double real;
        struct { const char *text; size_t size; } str;
        struct { const uint8_t *data; size_t size; } bytes;
        struct { gb_value **items; size_t count, room; } seq;
        struct { gb_value **keys, **values; size_t count, room; } dict;
        struct {
            const char *module, *name;
            gb_value *args;         /* constructor arguments (tuple) or NULL */
            gb_value *state;        /* the argument of BUILD: usually a dict of attributes, or NULL */
            gb_value *items;        /* list items appended to it, or NULL */
            gb_value *entries;      /* dict entries set on it, or NULL */
        } record;                   /* also GB_VALUE_CLASS: module and name only */
        gb_array *array;
    };
};

/* The kind for messages: "a list", "a dict", … */
const char *gb_value_kind_name(const gb_value *v);

/* New values are in the arena; NULL (or false) if its limit is reached or out of memory. Text is copied, bytes are views.
 * Setting a key does not look for an earlier entry of that key: the later one counts. */
gb_value *gb_value_new(gb_arena *arena, gb_value_kind kind);
gb_value *gb_value_new_int(gb_arena *arena, int64_t v);
gb_value *gb_value_new_float(gb_arena *arena, double v);
gb_value *gb_value_new_bool(gb_arena *arena, bool v);
gb_value *gb_value_new_str(gb_arena *arena, const char *text, size_t size);
gb_value *gb_value_new_bytes(gb_arena *arena, const void *data, size_t size);
gb_value *gb_value_new_array(gb_arena *arena, const gb_array *a);
gb_value *gb_value_new_record(gb_arena *arena, const char *module, const char *name);   /* names are not copied */
bool gb_value_append(gb_arena *arena, gb_value *seq, gb_value *item);       /* to a list, tuple or set */
bool gb_value_set(gb_arena *arena, gb_value *dict, gb_value *key, gb_value *value);

/* All of these accept NULL and return NULL or the default, so that lookups can be chained. */
const gb_value *gb_value_get(const gb_value *dict, const char *key);    /* of a record: `state`, `entries` */
const gb_value *gb_value_item(const gb_value *seq, size_t index);
size_t gb_value_count(const gb_value *v);                               /* of a sequence, set or dict; else 0 */
bool gb_value_is_record(const gb_value *v, const char *name);           /* class name without module, NULL for any */
const char *gb_value_str(const gb_value *v, const char *default_value);
int64_t gb_value_int(const gb_value *v, int64_t default_value);             /* ints, bools, whole floats, 0-d arrays */
double gb_value_float(const gb_value *v, double default_value);             /* floats, ints, 0-d arrays */
bool gb_value_bool(const gb_value *v, bool default_value);
const gb_array *gb_value_array(const gb_value *v);                      /* NULL if it is not an array */

#endif
