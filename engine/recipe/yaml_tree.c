/* Builds trees from libyaml's events (YAML 1.1), see yaml_tree.h. A hostile file can be long, deeply nested, or short
 * with aliases that expand to many nodes: the number of nodes, including copies, and the nesting are limited. */
#include "yaml_tree.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "engine/base/error.h"

enum {
    MAX_NODES = 1 << 18,
    MAX_DEPTH = 24,
    MAX_KEYS = 256,             /* of one map */
    MAX_KEY = 160,              /* bytes: even escaped, a key has less than the 1024 that YAML allows */
    MAX_ANCHORS = 256,
};

typedef struct anchor {
    const char *name;
    const gb_yaml *node;        /* NULL while it is being read */
} anchor;

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event;         /* the current event */
    gb_arena *arena;
    const char *name;
    gb_error *err;
    anchor anchors[MAX_ANCHORS];
    int anchor_count, nodes;
} reader;

/* ------------------------------------------------------------------------------------------------ pieces */

static void *fail_at(reader *r, const yaml_mark_t *mark, const char *what) {
    gb_fail(r->err, GB_BAD_FILE, "%s:%zu:%zu: %s", r->name, mark->line + 1, mark->column + 1, what);
    return NULL;
}

static void *fail_here(reader *r, const char *what) {
    return fail_at(r, &r->event.start_mark, what);
}

/* The arena has no room: its limit is reached, or memory ran out. */
static void *fail_full(reader *r) {
    gb_reason why = {0};
    gb_arena_full(r->arena, &why);
    gb_because_in(&why, "%s", r->name);
    gb_fail_because(r->err, GB_BAD_FILE, &why);
    return NULL;
}

static bool advance(reader *r) {
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    memset(&r->event, 0, sizeof r->event);
    if (r->parser.error == YAML_MEMORY_ERROR)
        return gb_fail(r->err, GB_NO_MEMORY, "%s: out of memory", r->name), false;
    if (r->parser.error == YAML_READER_ERROR)
        return gb_fail(r->err, GB_BAD_FILE, "%s: %s at byte %zu", r->name, r->parser.problem,
                       r->parser.problem_offset), false;
    char what[256];
    snprintf(what, sizeof what, "%s%s%s", r->parser.problem ? r->parser.problem : "not valid YAML",
             r->parser.context ? " " : "", r->parser.context ? r->parser.context : "");
    return fail_at(r, &r->parser.problem_mark, what);
}

static gb_yaml *node_new(reader *r, gb_yaml_kind kind, int depth) {
    if (++r->nodes > MAX_NODES)
        return fail_here(r,
                         "more than 262144 values, including those repeated by aliases");
    if (depth > MAX_DEPTH)
        return fail_here(r, "lists and maps are nested more than 24 deep");
    gb_yaml *node = gb_arena_take(r->arena, sizeof *node);
    if (!node)
        return fail_full(r);
    node->kind = kind;
    node->line = (int)r->event.start_mark.line + 1;
    node->column = (int)r->event.start_mark.column + 1;
    return node;
}

/* ------------------------------------------------------------------------------------------------ anchors */

/* Records the anchor of the current event. Returns its index, -1 if `text` is NULL, -2 on failure. */
static int add_anchor(reader *r, const yaml_char_t *text) {
    if (!text)
        return -1;
    if (r->anchor_count == MAX_ANCHORS) {
        fail_here(r, "more than 256 anchors");
        return -2;
    }
    char *name = gb_arena_text(r->arena, (const char *)text, strlen((const char *)text));
    if (!name) {
        fail_full(r);
        return -2;
    }
    r->anchors[r->anchor_count] = (anchor){name, NULL};
    return r->anchor_count++;
}

/* The copy has the positions of the original, where errors in it have to be corrected. */
static gb_yaml *copy(reader *r, const gb_yaml *from, int depth) {
    gb_yaml *to = node_new(r, from->kind, depth);
    if (!to)
        return NULL;
    *to = *from;
    to->next = NULL;
    gb_yaml **end = &to->first;
    for (const gb_yaml *child = from->first; child; child = child->next) {
        if (!(*end = copy(r, child, depth + 1)))
            return NULL;
        if (child->value && !((*end)->value = copy(r, child->value, depth + 1)))
            return NULL;
        end = &(*end)->next;
    }
    return to;
}

static gb_yaml *resolve(reader *r, int depth) {
    const char *name = (const char *)r->event.data.alias.anchor;
    for (int i = r->anchor_count - 1; i >= 0; i--)
        if (!strcmp(r->anchors[i].name, name))
            return r->anchors[i].node ? copy(r, r->anchors[i].node, depth)
                                      : fail_here(r, "an alias inside the value of its own anchor");
    return fail_here(r, "an alias without an earlier anchor");
}

/* ------------------------------------------------------------------------------------------------ nodes */

static gb_yaml *read_node(reader *r, int depth);

static gb_yaml *read_scalar(reader *r, int depth) {
    gb_yaml *node = node_new(r, GB_YAML_SCALAR, depth);
    const char *text = (const char *)r->event.data.scalar.value;
    size_t length = r->event.data.scalar.length;
    if (!node)
        return NULL;
    if (strlen(text) != length)
        return fail_here(r, "text with a null byte");
    node->text = gb_arena_text(r->arena, text, length);
    node->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node->text ? node : fail_full(r);
}

static gb_yaml *read_list(reader *r, int depth) {
    gb_yaml *list = node_new(r, GB_YAML_LIST, depth);
    gb_yaml **end = list ? &list->first : NULL;
    while (list) {
        if (!advance(r))
            return NULL;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return list;
        if (!(*end = read_node(r, depth + 1)))
            return NULL;
        end = &(*end)->next;
        list->count++;
    }
    return NULL;
}

static gb_yaml *read_map(reader *r, int depth) {
    gb_yaml *map = node_new(r, GB_YAML_MAP, depth);
    gb_yaml **end = map ? &map->first : NULL;
    while (map) {
        if (!advance(r))
            return NULL;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return map;
        gb_yaml *key = read_node(r, depth + 1);
        if (!key)
            return NULL;
        char what[192];
        if (key->kind != GB_YAML_SCALAR)
            return fail_here(r, "a key that is a list or a map");
        if (strlen(key->text) > MAX_KEY)
            return fail_here(r, "a key of more than 160 bytes");
        if (map->count == MAX_KEYS)
            return fail_here(r, "more than 256 keys in one map");
        for (const gb_yaml *k = map->first; k; k = k->next)
            if (!strcmp(k->text, key->text)) {
                snprintf(what, sizeof what, "duplicate key '%.64s', first in line %d", key->text, k->line);
                return fail_here(r, what);
            }
        if (!advance(r) || !(key->value = read_node(r, depth + 1)))
            return NULL;
        *end = key;
        end = &key->next;
        map->count++;
    }
    return NULL;
}

static bool refuse_tag(reader *r, const yaml_char_t *tag) {
    char what[192];
    if (!tag)
        return true;
    snprintf(what, sizeof what, "the tag '%.96s' is not supported; expected a plain value", (const char *)tag);
    return fail_here(r, what);
}

/* Reads what begins with the current event and leaves its last event current. */
static gb_yaml *read_node(reader *r, int depth) {
    const yaml_char_t *tag, *name;
    gb_yaml *(*read)(reader *, int);
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        return resolve(r, depth);
    case YAML_SCALAR_EVENT:
        tag = r->event.data.scalar.tag;
        name = r->event.data.scalar.anchor;
        read = read_scalar;
        break;
    case YAML_SEQUENCE_START_EVENT:
        tag = r->event.data.sequence_start.tag;
        name = r->event.data.sequence_start.anchor;
        read = read_list;
        break;
    case YAML_MAPPING_START_EVENT:
        tag = r->event.data.mapping_start.tag;
        name = r->event.data.mapping_start.anchor;
        read = read_map;
        break;
    default:
        return fail_here(r, "expected a value");
    }
    if (!refuse_tag(r, tag))
        return NULL;
    int index = add_anchor(r, name);
    gb_yaml *node = index == -2 ? NULL : read(r, depth);
    if (node && index >= 0)
        r->anchors[index].node = node;
    return node;
}

/* ------------------------------------------------------------------------------------------------ documents */

static gb_yaml *read_document(reader *r) {
    if (!advance(r) || !advance(r))         /* the stream, the document */
        return NULL;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return fail_here(r, "the file is empty");
    gb_yaml *root = advance(r) ? read_node(r, 0) : NULL;
    if (!root || !advance(r) || !advance(r))
        return NULL;
    return r->event.type == YAML_STREAM_END_EVENT ? root : fail_here(r, "a second document begins here; expected one");
}

gb_yaml *gb_yaml_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_error *err) {
    if (size > GB_YAML_MAX_SIZE) {
        gb_fail(err, GB_BAD_FILE, "%s: the file has %zu bytes; expected at most %d", name, size, GB_YAML_MAX_SIZE);
        return NULL;
    }
    const unsigned char *bytes = (const unsigned char *)text;
    bool marked = size >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF));
    if (marked || (size >= 2 && (!bytes[0] || !bytes[1]))) {
        gb_fail(err, GB_BAD_FILE, "%s: this text is in UTF-16; save it as UTF-8", name);
        return NULL;
    }
    reader *r = calloc(1, sizeof *r);
    if (r)
        *r = (reader){.arena = arena, .name = name, .err = err};
    if (!r || !yaml_parser_initialize(&r->parser)) {
        free(r);
        gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
        return NULL;
    }
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, size);
    gb_yaml *root = read_document(r);
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    free(r);
    return root;
}

/* ------------------------------------------------------------------------------------------------ queries */

gb_yaml *gb_yaml_get(const gb_yaml *map, const char *key) {
    for (const gb_yaml *k = map->kind == GB_YAML_MAP ? map->first : NULL; k; k = k->next)
        if (!strcmp(k->text, key))
            return k->value;
    return NULL;
}

const char *gb_yaml_describe(const gb_yaml *node, char *buffer, size_t size) {
    if (node->kind == GB_YAML_SCALAR)
        snprintf(buffer, size, *node->text ? "'%.64s'" : "nothing", node->text);
    else
        snprintf(buffer, size, "%s", node->kind == GB_YAML_LIST ? "a list" : "a map");
    return buffer;
}

bool gb_yaml_is_null(const gb_yaml *node) {
    return node->kind == GB_YAML_SCALAR && (!*node->text || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}

bool gb_yaml_number(const gb_yaml *node, double *number) {
    char text[64], *end;
    if (node->kind != GB_YAML_SCALAR)
        return false;
    size_t sign = node->text[0] == '-' || node->text[0] == '+', length = strlen(node->text);
    if (!strcmp(node->text + sign, ".inf")) {
        *number = node->text[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (length == 0 || length >= sizeof text || strspn(node->text, "0123456789+-.eE") != length)
        return false;
    memcpy(text, node->text, length + 1);
    char *point = strchr(text, '.');
    if (point)
        *point = localeconv()->decimal_point[0];    /* strtod() depends on the locale */
    *number = strtod(text, &end);
    return end == text + length;
}

const char *gb_yaml_digits(const char *text, int64_t *number) {
    int64_t n = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (n > (INT64_MAX - 9) / 10)
            return NULL;
        n = 10 * n + (*c - '0');
    }
    *number = n;
    return c > text ? c : NULL;
}

bool gb_yaml_integer(const gb_yaml *node, int64_t low, int64_t high, int64_t *number) {
    if (node->kind != GB_YAML_SCALAR)
        return false;
    bool negative = node->text[0] == '-';
    const char *end = gb_yaml_digits(node->text + negative, number);
    if (negative)
        *number = -*number;
    return end && !*end && *number >= low && *number <= high;
}
