/* Walking values for checkpoint.h's listings. Paths are chains of steps on the stack and become text only when there is
 * something to list. Some levels have no name of their own: a record's attribute dict, a module's
 * `_parameters`, `_buffers` and `_modules`, a TensorFlow network's `components` and `variables`. */
#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../number_text.h"

enum { DEEPEST = 100, SHORT_LIST = 16 };

typedef struct step {
    const struct step *up;
    const char *text;           /* NULL: a level without a name */
    size_t size;
    const gb_value *value;
    int depth;
} step;

typedef struct walk walk;
struct walk {
    size_t visits;              /* still allowed */
    gb_reason *why;
    /* Lists the value if it is of the kind sought; clears `inside` if there is nothing more to list in it. */
    bool (*leaf)(walk *w, const step *at, const gb_value *v, bool *inside);
    gb_arena *arena;            /* arrays */
    gb_listing list;
    size_t room, unreadable_room;
    size_t facts;               /* facts: still allowed */
    void (*fact)(void *arg, const char *path, const char *text);
    void *arg;
};

/* The path's length; written into `out`, from the end, where `out` has room for all of it. */
static size_t path_text(const step *at, char *out, size_t room) {
    size_t length = 0;
    for (const step *s = at; s; s = s->up)
        if (s->text)
            length += s->size + (length > 0);
    if (length >= room)
        return length;
    out[length] = 0;
    size_t end = length;
    for (const step *s = at; s; s = s->up) {
        if (!s->text)
            continue;
        if (end < length)
            out[--end] = '.';
        end -= s->size;
        memcpy(out + end, s->text, s->size);
    }
    for (size_t i = 0; i < length; i++)     /* names are C strings */
        if (!out[i])
            out[i] = '?';
    gb_make_printable(out);
    return length;
}

static bool visit(walk *w, const step *up, const char *text, size_t size, const gb_value *v);

static const gb_value *network_name(const gb_value *root, size_t index) {
    const gb_value *network = gb_value_item(root, index), *name = gb_value_get(network, "name");
    bool is = gb_value_is_record(network, NULL) && gb_value_get(network, "variables");
    return is && name && name->kind == GB_VALUE_STR ? name : NULL;
}

static bool same_text(const gb_value *a, const gb_value *b) {
    return a && b && a->str.size == b->str.size && memcmp(a->str.text, b->str.text, a->str.size) == 0;
}

/* A G that training began from a Gs keeps the name "Gs"; then the places in (G, D, Gs) tell. */
bool gb_list_network_name(const gb_value *root, size_t index, char name[64]) {
    static const char *const places[] = {"G", "D", "Gs"};
    const gb_value *own = network_name(root, index);
    size_t count = gb_value_count(root);
    bool shared = false;
    if (!own)
        return false;
    for (size_t i = 0; i < count && count <= 16; i++)
        shared = shared || (i != index && same_text(own, network_name(root, i)));
    if (shared && count == 3)
        snprintf(name, 64, "%s", places[index]);
    else if (shared)
        snprintf(name, 64, "%.40s-%zu", own->str.text, index);
    else
        snprintf(name, 64, "%s", own->str.text);
    return true;
}

static bool visit_numbered(walk *w, const step *at, const gb_value *seq) {
    for (size_t i = 0; i < seq->seq.count; i++) {
        char name[64];
        if (at->depth != 0 || !gb_list_network_name(seq, i, name))
            snprintf(name, sizeof name, "%zu", i);
        if (!visit(w, at, name, strlen(name), seq->seq.items[i]))
            return false;
    }
    return true;
}

static bool visit_entries(walk *w, const step *at, const gb_value *dict) {
    for (size_t i = 0; i < dict->dict.count; i++) {
        const gb_value *key = dict->dict.keys[i];
        char number[24];
        const char *text = number;
        if (key->kind == GB_VALUE_INT)
            snprintf(number, sizeof number, "%" PRId64, key->integer);
        else
            text = gb_value_str(key, gb_value_kind_name(key));
        if (!visit(w, at, text, key->kind == GB_VALUE_STR ? key->str.size : strlen(text), dict->dict.values[i]))
            return false;
    }
    return true;
}

/* TensorFlow's [(name, array), …], where a single number (noise_strength) is one more array, of no dimensions. */
static bool visit_variables(walk *w, const step *at, const gb_value *list) {
    for (size_t i = 0; i < gb_value_count(list); i++) {
        const gb_value *pair = gb_value_item(list, i), *name = gb_value_item(pair, 0), *v = gb_value_item(pair, 1);
        if (!v || name->kind != GB_VALUE_STR)
            continue;
        const void *data = v->kind == GB_VALUE_INT ? (const void *)&v->integer : &v->real;
        gb_array number = {.dtype = v->kind == GB_VALUE_INT ? GB_I64 : GB_F64, .data = data};
        gb_value as_array = {.kind = GB_VALUE_ARRAY, .array = &number};
        bool plain = v->kind == GB_VALUE_INT || v->kind == GB_VALUE_FLOAT;
        if (!visit(w, at, name->str.text, name->str.size, plain ? &as_array : v))
            return false;
    }
    return true;
}

/* Looking attributes up takes time in proportion to their number, at every visit of the object. */
static bool pay(walk *w, size_t steps) {
    enum { STEPS_PER_VISIT = 16 };
    if (w->visits < steps / STEPS_PER_VISIT)
        return gb_because(w->why, "its parts refer to each other too often to be listed");
    w->visits -= steps / STEPS_PER_VISIT;
    return true;
}

static bool visit_attributes(walk *w, const step *at, const gb_value *state) {
    if (!pay(w, state->dict.count))
        return false;
    bool module = gb_value_get(state, "_modules") != NULL;
    bool network = gb_value_get(state, "variables") && gb_value_get(state, "components");
    for (size_t i = 0; i < state->dict.count; i++) {
        const gb_value *key = state->dict.keys[i], *v = state->dict.values[i];
        const char *name = gb_value_str(key, "");
        bool good = true;
        if (module && (strcmp(name, "_parameters") == 0 || strcmp(name, "_buffers") == 0 ||
                       strcmp(name, "_modules") == 0))
            good = visit(w, at, NULL, 0, v);
        else if (network && strcmp(name, "components") == 0)
            good = visit(w, at, NULL, 0, v);
        else if (network && strcmp(name, "variables") == 0)
            good = visit_variables(w, at, v);
        else if (key->kind == GB_VALUE_STR && (!module || name[0] != '_' || strcmp(name, "_init_kwargs") == 0))
            good = visit(w, at, name, key->str.size, v);    /* a module's other `_` attributes are its machinery */
        if (!good)
            return false;
    }
    return true;
}

static bool visit_record(walk *w, const step *at, const gb_value *v) {
    const gb_value *const parts[] = {v->record.args, v->record.state, v->record.items, v->record.entries};
    for (int i = 0; i < 4; i++) {
        if (!parts[i])
            continue;
        bool attributes = parts[i] == v->record.state && parts[i]->kind == GB_VALUE_DICT;
        if (attributes ? !visit_attributes(w, at, parts[i]) : !visit(w, at, NULL, 0, parts[i]))
            return false;
    }
    return true;
}

static bool visit(walk *w, const step *up, const char *text, size_t size, const gb_value *v) {
    step at = {up, text, size, v, up ? up->depth + 1 : 0};
    bool inside = true;
    if (w->visits == 0)
        return gb_because(w->why, "its parts refer to each other too often to be listed");
    w->visits--;
    if (!w->leaf(w, &at, v, &inside))
        return false;
    if (!inside || v->kind < GB_VALUE_LIST || v->kind == GB_VALUE_CLASS || v->kind == GB_VALUE_ARRAY)
        return true;
    for (const step *s = up; s; s = s->up)
        if (s->value == v)
            return true;
    if (at.depth == DEEPEST)
        return gb_because(w->why, "nested more than %d levels deep", DEEPEST);
    switch (v->kind) {
    case GB_VALUE_DICT: return visit_entries(w, &at, v);
    case GB_VALUE_RECORD: return visit_record(w, &at, v);
    default: return visit_numbered(w, &at, v);
    }
}

/* ---- what stands for a tensor but cannot be read ---------------------------------------------------------------- */

static const struct { const char *function, *what; } rebuilt[] = {
    {"_rebuild_qtensor", "a quantised tensor"},
    {"_rebuild_sparse_tensor", "a sparse tensor"},
    {"_rebuild_sparse_csr_tensor", "a sparse tensor"},
    {"_rebuild_nested_tensor", "a nested tensor"},
    {"_rebuild_meta_tensor_no_storage", "a meta tensor, which has no values"},
    {"_rebuild_wrapper_subclass", "a tensor subclass"},
};

/* Whether the value was made by one of torch's rebuilding functions that are not in our table of constructors; says
 * which in `what`. */
static bool is_unreadable(const gb_value *v, char *what, size_t size) {
    if (v->kind != GB_VALUE_RECORD || strcmp(v->record.module, "torch._utils") != 0 ||
        strncmp(v->record.name, "_rebuild_", 9) != 0)
        return false;
    const char *known = "a tensor of an unknown kind";
    for (size_t i = 0; i < sizeof rebuilt / sizeof *rebuilt; i++)
        if (strcmp(rebuilt[i].function, v->record.name) == 0)
            known = rebuilt[i].what;
    gb_reason line = {0};     /* cut to fit, control characters replaced */
    gb_because(&line, "%s (torch._utils.%.80s)", known, v->record.name);
    snprintf(what, size, "%.*s", (int)size - 1, line.text);
    return true;
}

/* ---- arrays ---------------------------------------------------------------------------------------------------- */

/* Room for one more element in a list that doubles, leaving the old one to the arena. */
static void *more_room(walk *w, void *list, size_t count, size_t *room, size_t width) {
    if (count < *room)
        return list;
    size_t size = *room ? 2 * *room : 64;
    void *more = gb_arena_take(w->arena, size * width);
    if (!more)
        return NULL;
    if (count)
        memcpy(more, list, count * width);
    *room = size;
    return more;
}

static char *kept_path(walk *w, const step *at) {
    size_t length = path_text(at, NULL, 0);
    char *name = gb_arena_take(w->arena, length + 1);
    if (name)
        path_text(at, name, length + 1);
    return name;
}

static bool list_unreadable(walk *w, const step *at, const char *what) {
    gb_unreadable *list = more_room(w, w->list.unreadable, w->list.unreadable_count, &w->unreadable_room, sizeof *list);
    if (!list)
        return gb_arena_full(w->arena, w->why);
    w->list.unreadable = list;
    char *path = kept_path(w, at), *kept = gb_arena_text(w->arena, what, strlen(what));
    if (!path || !kept)
        return gb_arena_full(w->arena, w->why);
    list[w->list.unreadable_count++] = (gb_unreadable){path, kept};
    return true;
}

static bool list_array(walk *w, const step *at, const gb_value *v, bool *inside) {
    char what[160];
    if (is_unreadable(v, what, sizeof what)) {
        *inside = false;
        return list_unreadable(w, at, what);
    }
    if (v->kind != GB_VALUE_ARRAY)
        return true;
    gb_named_array *list = more_room(w, w->list.arrays, w->list.count, &w->room, sizeof *list);
    if (!list)
        return gb_arena_full(w->arena, w->why);
    w->list.arrays = list;
    char *name = kept_path(w, at);
    if (!name)
        return gb_arena_full(w->arena, w->why);
    list[w->list.count++] = (gb_named_array){name, *v->array};
    return true;
}

bool gb_list_arrays(const gb_value *root, size_t visits, gb_arena *arena, gb_listing *list, gb_reason *why) {
    walk w = {.visits = visits, .why = why, .leaf = list_array, .arena = arena};
    bool good = visit(&w, NULL, NULL, 0, root);
    *list = w.list;
    return good;
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static bool plain_fact(const gb_value *v) {
    return v->kind == GB_VALUE_BOOL || v->kind == GB_VALUE_INT || v->kind == GB_VALUE_FLOAT || v->kind == GB_VALUE_STR;
}

static void fact_text(const gb_value *v, char *text, size_t size) {
    switch (v->kind) {
    case GB_VALUE_BOOL: snprintf(text, size, "%s", v->boolean ? "true" : "false"); break;
    case GB_VALUE_INT: snprintf(text, size, "%" PRId64, v->integer); break;
    case GB_VALUE_FLOAT: snprintf(text, size, "%s", gb_double_text(v->real).text); break;
    default: {
        gb_reason line = {0};     /* cut to fit, control characters replaced: the same rules as for messages */
        gb_because(&line, "%.*s", GB_REASON_SIZE, gb_value_str(v, ""));
        snprintf(text, size, "%s", line.text);
    }
    }
}

static bool list_fact(walk *w, const step *at, const gb_value *v, bool *inside) {
    char path[1024], text[GB_REASON_SIZE], item[GB_REASON_SIZE];
    if (w->facts == 0)
        return false;
    if (plain_fact(v)) {
        fact_text(v, text, sizeof text);
    } else if (is_unreadable(v, text, sizeof text)) {
        *inside = false;
    } else if ((v->kind == GB_VALUE_LIST || v->kind == GB_VALUE_TUPLE) && v->seq.count > 0 &&
               v->seq.count <= SHORT_LIST) {
        size_t n = 0;
        for (size_t i = 0; i < v->seq.count; i++)
            if (!plain_fact(v->seq.items[i]))
                return true;
        for (size_t i = 0; i < v->seq.count; i++) {
            fact_text(v->seq.items[i], item, sizeof item);
            int wrote = snprintf(text + n, sizeof text - n, "%s%s", i ? ", " : "[", item);
            n = wrote < 0 || (size_t)wrote > sizeof text - 2 - n ? sizeof text - 2 : n + (size_t)wrote;
        }
        memcpy(text + n, "]", 2);
        *inside = false;
    } else {
        return true;
    }
    if (path_text(at, path, sizeof path) < sizeof path) {
        w->fact(w->arg, path, text);
        w->facts--;
    }
    return true;
}

void gb_list_facts(const gb_value *root, size_t visits, size_t limit,
                   void (*fact)(void *arg, const char *path, const char *text), void *arg) {
    walk w = {.visits = visits, .leaf = list_fact, .facts = limit, .fact = fact, .arg = arg};
    visit(&w, NULL, NULL, 0, root);
}
