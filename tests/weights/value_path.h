/* Values deep inside others, as tests name them: "a/b/c" through dicts and records; a list or tuple takes an index. */
#ifndef GB_TESTS_VALUE_PATH_H
#define GB_TESTS_VALUE_PATH_H

#include <stdlib.h>
#include <string.h>

#include "weights/read/value.h"

static inline const gb_value *value_path(const gb_value *v, const char *path) {
    char key[64];
    while (v && *path) {
        size_t size = strcspn(path, "/");
        if (size >= sizeof key)
            return NULL;
        memcpy(key, path, size);
        key[size] = 0;
        bool numbered = v->kind == GB_VALUE_LIST || v->kind == GB_VALUE_TUPLE;
        v = numbered ? gb_value_item(v, strtoul(key, NULL, 10)) : gb_value_get(v, key);
        path += size + (path[size] == '/');
    }
    return v;
}

#endif
