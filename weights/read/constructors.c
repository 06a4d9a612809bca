/* From a class name in a pickle to a plain value, and the constructors of Python itself: its containers, and the two
 * functions (copyreg, _codecs) by which old protocols write objects and bytes. */
#include "constructors.h"

#include <string.h>

enum { CALLS = 8 };     /* rows that take a constructor as an argument can be nested */

static const gb_constructor *find(const char *module, const char *name) {
    const gb_constructor *const tables[] = {gb_python_constructors, gb_numpy_constructors, gb_torch_constructors};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const gb_constructor *c = tables[t]; c->name; c++)
            if (strcmp(c->name, name) == 0 && (!c->module || strcmp(c->module, module) == 0))
                return c;
    return NULL;
}

gb_value *gb_construct(gb_pickle *p, const gb_value *callable, gb_value *args) {
    if (callable->kind != GB_VALUE_CLASS && callable->kind != GB_VALUE_RECORD) {
        gb_because(p->why, "%s is not a class", gb_value_kind_name(callable));
        return NULL;
    }
    if (args->kind != GB_VALUE_TUPLE) {
        gb_because(p->why, "the arguments are %s, not a tuple", gb_value_kind_name(args));
        return NULL;
    }
    const char *module = callable->record.module, *name = callable->record.name;
    const gb_constructor *c = callable->kind == GB_VALUE_CLASS ? find(module, name) : NULL;
    if (c) {
        bool known = true;
        if (p->calls == CALLS) {
            gb_because(p->why, "constructors nested more than %d deep", CALLS);
            return NULL;
        }
        p->calls++;
        gb_value *made = c->make(p, args, &known);
        p->calls--;
        if (known)
            return made ? made : (gb_because_in(p->why, "%s", name), NULL);
    }
    gb_value *record = gb_value_new_record(p->arena, module, name);
    if (!record)
        return gb_pickle_full(p);
    record->record.args = args->seq.count ? args : NULL;
    return record;
}

bool gb_build(gb_pickle *p, gb_value *object, gb_value *state) {
    switch (object->kind) {
    case GB_VALUE_RECORD:
        if (strcmp(object->record.name, "ndarray") == 0 && strncmp(object->record.module, "numpy", 5) == 0)
            return gb_numpy_build(p, object, state);
        object->record.state = state;
        return true;
    case GB_VALUE_DICT:     /* attributes of a subclass, such as a state dict's _metadata */
    case GB_VALUE_LIST:
    case GB_VALUE_SET:
    case GB_VALUE_ARRAY:
        return true;
    default:
        return gb_because(p->why, "%s has no attributes", gb_value_kind_name(object));
    }
}

static bool is_class(const gb_value *v, const char *name) {
    return v && v->kind == GB_VALUE_CLASS && strcmp(v->record.name, name) == 0;
}

/* The contents are the argument that is a dict or a list of pairs; defaultdict's factory is neither. */
static gb_value *make_dict(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    gb_value *dict = gb_pickle_new(p, GB_VALUE_DICT);
    for (size_t i = 0; dict && i < args->seq.count; i++) {
        const gb_value *from = args->seq.items[i];
        size_t count = from->kind == GB_VALUE_RECORD ? 0 : gb_value_count(from);
        for (size_t k = 0; k < count; k++) {
            gb_value *key, *value;
            if (from->kind == GB_VALUE_DICT) {
                key = from->dict.keys[k];
                value = from->dict.values[k];
            } else {
                const gb_value *pair = from->seq.items[k];
                if ((pair->kind != GB_VALUE_LIST && pair->kind != GB_VALUE_TUPLE) || pair->seq.count != 2) {
                    gb_because(p->why, "entry %zu is not a pair of key and value", k);
                    return NULL;
                }
                key = pair->seq.items[0];
                value = pair->seq.items[1];
            }
            if (!gb_value_set(p->arena, dict, key, value))
                return gb_pickle_full(p);
        }
    }
    return dict;
}

static gb_value *make_seq(gb_pickle *p, const gb_value *args, gb_value_kind kind) {
    const gb_value *from = args->seq.count ? args->seq.items[0] : NULL;
    size_t count = from && from->kind != GB_VALUE_DICT ? gb_value_count(from) : 0;
    gb_value *seq = gb_pickle_new(p, kind);
    for (size_t i = 0; seq && i < count; i++)
        if (!gb_value_append(p->arena, seq, from->seq.items[i]))
            return gb_pickle_full(p);
    return seq;
}

static gb_value *make_set(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    return make_seq(p, args, GB_VALUE_SET);
}

static gb_value *make_list(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    return make_seq(p, args, GB_VALUE_LIST);
}

static gb_value *make_tuple(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    return make_seq(p, args, GB_VALUE_TUPLE);
}

/* _codecs.encode(text, 'latin1'): how protocols 0 to 2 carry bytes. One byte per character, all below 256. */
static gb_value *make_latin1(gb_pickle *p, const gb_value *args, bool *known) {
    const gb_value *text = gb_value_item(args, 0);
    const char *codec = gb_value_str(gb_value_item(args, 1), "");
    if (!text || text->kind != GB_VALUE_STR || (strcmp(codec, "latin1") != 0 && strcmp(codec, "latin-1") != 0)) {
        *known = false;
        return NULL;
    }
    const uint8_t *from = (const uint8_t *)text->str.text;
    size_t size = text->str.size, n = 0, characters = 0;
    for (size_t i = 0; i < size; i++)
        characters += (from[i] & 0xC0) != 0x80;
    uint8_t *data = gb_arena_take(p->arena, characters + 1);
    if (!data)
        return gb_pickle_full(p);
    for (size_t i = 0; i < size; i++) {
        uint8_t c = from[i];
        if (c >= 0x80) {
            if ((c != 0xC2 && c != 0xC3) || i + 1 == size || (from[i + 1] & 0xC0) != 0x80) {
                gb_because(p->why, "character %zu is not in latin-1", n);
                return NULL;
            }
            c = (uint8_t)(c << 6 | (from[++i] & 0x3F));
        }
        data[n++] = c;
    }
    gb_value *bytes = gb_value_new_bytes(p->arena, data, n);
    return bytes ? bytes : gb_pickle_full(p);
}

/* bytes(), bytearray(b'…'), bytearray('…', 'latin-1') */
static gb_value *make_bytes(gb_pickle *p, const gb_value *args, bool *known) {
    const gb_value *from = gb_value_item(args, 0);
    if (from && from->kind == GB_VALUE_STR)
        return make_latin1(p, args, known);
    if (from && from->kind != GB_VALUE_BYTES) {
        *known = false;
        return NULL;
    }
    gb_value *bytes = gb_value_new_bytes(p->arena, from ? from->bytes.data : (const uint8_t *)"",
                                         from ? from->bytes.size : 0);
    return bytes ? bytes : gb_pickle_full(p);
}

/* copyreg.__newobj__(class, …) is class(…). */
static gb_value *make_newobj(gb_pickle *p, const gb_value *args, bool *known) {
    const gb_value *class = gb_value_item(args, 0);
    if (!class) {
        *known = false;
        return NULL;
    }
    gb_value *rest = gb_pickle_new(p, GB_VALUE_TUPLE);
    if (!rest)
        return NULL;
    rest->seq.items = args->seq.items + 1;
    rest->seq.count = rest->seq.room = args->seq.count - 1;
    return gb_construct(p, class, rest);
}

/* copyreg._reconstructor(class, base, contents of the base): protocol 0's and 1's way to make any object. */
static gb_value *make_reconstructor(gb_pickle *p, const gb_value *args, bool *known) {
    const gb_value *class = gb_value_item(args, 0), *base = gb_value_item(args, 1);
    gb_value *contents = args->seq.count > 2 ? args->seq.items[2] : NULL;
    if (!class || class->kind != GB_VALUE_CLASS) {
        *known = false;
        return NULL;
    }
    if (is_class(base, "dict") && contents && contents->kind == GB_VALUE_DICT)
        return contents;
    gb_value *record = gb_value_new_record(p->arena, class->record.module, class->record.name);
    if (!record)
        return gb_pickle_full(p);
    if (contents && contents->kind == GB_VALUE_LIST)
        record->record.items = contents;
    if (contents && contents->kind == GB_VALUE_TUPLE)   /* a named one */
        record->record.args = contents;
    return record;
}

const gb_constructor gb_python_constructors[] = {
    {"collections", "OrderedDict", make_dict},
    {"collections", "defaultdict", make_dict},
    {"collections", "Counter", make_dict},
    {NULL, "EasyDict", make_dict},      /* dnnlib's, and its many copies */
    {"builtins", "dict", make_dict},
    {"builtins", "set", make_set},
    {"builtins", "frozenset", make_set},
    {"builtins", "list", make_list},
    {"builtins", "tuple", make_tuple},
    {"builtins", "bytes", make_bytes},
    {"builtins", "bytearray", make_bytes},
    {"__builtin__", "dict", make_dict},
    {"__builtin__", "set", make_set},
    {"__builtin__", "frozenset", make_set},
    {"__builtin__", "list", make_list},
    {"__builtin__", "tuple", make_tuple},
    {"__builtin__", "bytes", make_bytes},
    {"__builtin__", "bytearray", make_bytes},
    {"torch", "Size", make_tuple},
    {"_codecs", "encode", make_latin1},
    {"copyreg", "__newobj__", make_newobj},
    {"copyreg", "_reconstructor", make_reconstructor},
    {"copy_reg", "__newobj__", make_newobj},
    {"copy_reg", "_reconstructor", make_reconstructor},
    {NULL, NULL, NULL},
};
