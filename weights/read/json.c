/* jansson's tree, copied into plain values. */
#include "json.h"

#include <jansson.h>
#include <string.h>

enum { DEEPEST = 64 };

static gb_value *plain(gb_arena *arena, const json_t *j, int depth, gb_reason *why) {
    gb_value *v = NULL;
    if (depth > DEEPEST) {
        gb_because(why, "nested more than %d levels deep", DEEPEST);
        return NULL;
    }
    switch (json_typeof(j)) {
    case JSON_NULL: v = gb_value_new(arena, GB_VALUE_NONE); break;
    case JSON_TRUE: v = gb_value_new_bool(arena, true); break;
    case JSON_FALSE: v = gb_value_new_bool(arena, false); break;
    case JSON_INTEGER: v = gb_value_new_int(arena, json_integer_value(j)); break;
    case JSON_REAL: v = gb_value_new_float(arena, json_real_value(j)); break;
    case JSON_STRING: v = gb_value_new_str(arena, json_string_value(j), json_string_length(j)); break;
    case JSON_ARRAY:
        v = gb_value_new(arena, GB_VALUE_LIST);
        for (size_t i = 0; v && i < json_array_size(j); i++) {
            gb_value *item = plain(arena, json_array_get(j, i), depth + 1, why);
            if (!item)
                return NULL;
            if (!gb_value_append(arena, v, item))
                v = NULL;
        }
        break;
    case JSON_OBJECT:
        v = gb_value_new(arena, GB_VALUE_DICT);
        for (void *at = json_object_iter((json_t *)j); v && at; at = json_object_iter_next((json_t *)j, at)) {
            const char *name = json_object_iter_key(at);
            gb_value *key = gb_value_new_str(arena, name, strlen(name));
            gb_value *item = key ? plain(arena, json_object_iter_value(at), depth + 1, why) : NULL;
            if (key && !item)
                return NULL;
            if (!key || !gb_value_set(arena, v, key, item))
                v = NULL;
        }
        break;
    }
    if (!v)
        gb_arena_full(arena, why);
    return v;
}

gb_value *gb_json_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_reason *why) {
    json_error_t error;
    json_t *j = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!j) {
        gb_because(why, "%s: line %d, column %d: %s", name, error.line, error.column, error.text);
        return NULL;
    }
    gb_value *v = plain(arena, j, 0, why);
    if (!v)
        gb_because_in(why, "%s", name);
    json_decref(j);
    return v;
}
