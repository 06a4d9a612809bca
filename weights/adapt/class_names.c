/* Looking for lists of class names in a checkpoint's plain values. */
#include "class_names.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 65536 };

/* ["cat", "dog", …] */
static bool from_list(const gb_value *v, size_t count, const char **names) {
    bool is_list = v && (v->kind == GB_VALUE_LIST || v->kind == GB_VALUE_TUPLE);
    if (!is_list || v->seq.count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!(names[i] = gb_value_str(v->seq.items[i], NULL)) || strlen(names[i]) != v->seq.items[i]->str.size)
            return false;
    return true;
}

/* {"cat": 0, "dog": 1, …} */
static bool from_index(const gb_value *v, size_t count, const char **names) {
    if (!v || v->kind != GB_VALUE_DICT || v->dict.count != count)
        return false;
    memset(names, 0, count * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        const gb_value *key = v->dict.keys[i];
        int64_t at = gb_value_int(v->dict.values[i], -1);
        if (key->kind != GB_VALUE_STR || strlen(key->str.text) != key->str.size || at < 0 || (size_t)at >= count ||
            names[at])
            return false;
        names[at] = key->str.text;
    }
    return true;
}

static bool look_in(const gb_value *dict, size_t count, const char **names) {
    static const char *const keys[] = {"class_names", "classes", "CLASSES"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (from_list(gb_value_get(dict, keys[i]), count, names))
            return true;
    return from_index(gb_value_get(dict, "class_to_idx"), count, names);
}

bool gb_find_class_names(const gb_checkpoint *c, gb_network *n) {
    static const char *const inside[] = {"meta", "args", "config", "training_set_kwargs", "dataset_meta", "opt", "hparams"};
    const gb_value *root = gb_checkpoint_root(c);
    int64_t count = gb_network_int(n, "config.c_dim", 0);
    if (count < 1 || count > MOST_CLASSES || gb_network_meta(n, "origin.class_names"))
        return true;
    const char **names = malloc((size_t)count * sizeof *names);
    if (!names)
        return false;
    bool found = look_in(root, (size_t)count, names);
    for (size_t i = 0; i < sizeof inside / sizeof *inside && !found; i++)
        found = look_in(gb_value_get(root, inside[i]), (size_t)count, names);
    bool good = !found || (gb_network_set_strs(n, "origin.class_names", names, (size_t)count) &&
                           gb_network_note(n, "the classes have names in the file"));
    free(names);
    return good;
}
