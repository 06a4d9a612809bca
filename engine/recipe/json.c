/* Writes a recipe's tree, as it is before modulators change it, as JSON (RFC 8259) that is also YAML 1.1, so that
 * gb_recipe_parse() reads it with the same result: control characters and line breaks that YAML does not allow are
 * escaped, and numbers keep their digits. Aliases are expanded, so the length has the same limit as recipes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

typedef struct writer {
    char *text;
    size_t used, room;
    gb_status failed;
} writer;

static void put(writer *w, const char *bytes, size_t count) {
    if (w->failed)
        return;
    if (w->used + count > GB_YAML_MAX_SIZE) {
        w->failed = GB_BAD_FILE;
        return;
    }
    if (w->used + count >= w->room) {
        size_t room = 2 * (w->used + count) + 256;
        char *grown = realloc(w->text, room);
        if (!grown) {
            w->failed = GB_NO_MEMORY;
            return;
        }
        w->text = grown;
        w->room = room;
    }
    memcpy(w->text + w->used, bytes, count);
    w->used += count;
    w->text[w->used] = '\0';
}

static void put_text(writer *w, const char *text) {
    put(w, text, strlen(text));
}

/* ------------------------------------------------------------------------------------------------ strings */

/* The length of the character at `c`, which libyaml has checked to be UTF-8, and its code point up to U+FFFF. */
static size_t character(const unsigned char *c, unsigned *number) {
    if (c[0] < 0x80) {
        *number = c[0];
        return 1;
    }
    if (c[0] < 0xE0) {
        *number = (c[0] & 0x1Fu) << 6 | (c[1] & 0x3Fu);
        return 2;
    }
    *number = (c[0] & 0x0Fu) << 12 | (c[1] & 0x3Fu) << 6 | (c[2] & 0x3Fu);
    return c[0] < 0xF0 ? 3 : 4;
}

/* C0, DEL and C1; the line and paragraph separators; the byte order mark and the noncharacters. */
static bool needs_escape(unsigned number) {
    return number < 0x20 || (number >= 0x7F && number < 0xA0) || number == 0x2028 || number == 0x2029 ||
           number >= 0xFFFE || number == 0xFEFF;
}

static void put_string(writer *w, const char *text) {
    put(w, "\"", 1);
    for (const unsigned char *c = (const unsigned char *)text; *c && !w->failed;) {
        unsigned number;
        size_t bytes = character(c, &number);
        char escape[8];
        if (*c == '"' || *c == '\\')
            put(w, "\\", 1);
        if (bytes < 4 && needs_escape(number)) {
            snprintf(escape, sizeof escape, "\\u%04x", number & 0xFFFF);
            put_text(w, escape);
        } else {
            put(w, (const char *)c, bytes);
        }
        c += bytes;
    }
    put(w, "\"", 1);
}

/* ------------------------------------------------------------------------------------------------ numbers */

/* YAML also allows +1, .5, 5. and 007, which JSON does not. */
static void put_number(writer *w, const char *c) {
    static const char digits[] = "0123456789";
    if (*c == '-')
        put(w, "-", 1);
    c += *c == '-' || *c == '+';
    while (c[0] == '0' && c[1] >= '0' && c[1] <= '9')
        c++;
    size_t whole = strspn(c, digits);
    put(w, whole ? c : "0", whole ? whole : 1);
    c += whole;
    if (*c == '.') {
        size_t fraction = strspn(c + 1, digits);
        if (fraction)
            put(w, c, 1 + fraction);
        c += 1 + fraction;
    }
    put_text(w, c);
}

/* ------------------------------------------------------------------------------------------------ the tree */

static void put_node(writer *w, const gb_yaml *node);

static void put_scalar(writer *w, const gb_yaml *node) {
    double number;
    if (node->written)
        put_number(w, node->written);
    else if (node->plain && gb_yaml_number(node, &number) && isfinite(number))
        put_number(w, node->text);
    else if (node->plain && (!strcmp(node->text, "true") || !strcmp(node->text, "false")))
        put_text(w, node->text);
    else if (node->plain && gb_yaml_is_null(node))
        put_text(w, "null");
    else
        put_string(w, node->text);
}

static void put_map(writer *w, const gb_yaml *map) {
    const char *before = "{";
    for (const gb_yaml *key = map->first; key && !w->failed; key = key->next) {
        if (key->added)
            continue;
        put_text(w, before);
        put_string(w, key->text);
        put_text(w, ": ");
        put_node(w, key->value);
        before = ", ";
    }
    put_text(w, *before == '{' ? "{}" : "}");
}

static void put_list(writer *w, const gb_yaml *list) {
    const char *before = "[";
    for (const gb_yaml *item = list->first; item && !w->failed; item = item->next) {
        if (item->added)
            continue;
        put_text(w, before);
        put_node(w, item);
        before = ", ";
    }
    put_text(w, *before == '[' ? "[]" : "]");
}

static void put_node(writer *w, const gb_yaml *node) {
    switch (node->kind) {
    case GB_YAML_SCALAR:
        put_scalar(w, node);
        break;
    case GB_YAML_LIST:
        put_list(w, node);
        break;
    case GB_YAML_MAP:
        put_map(w, node);
        break;
    }
}

gb_status gb_recipe_write_json(const char *name, const gb_yaml *tree, char **text, gb_error *err) {
    writer w = {0};
    put_node(&w, tree);
    if (w.failed)
        free(w.text);
    *text = w.failed ? NULL : w.text;
    return w.failed == GB_NO_MEMORY ? gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name)
           : w.failed               ? gb_fail(err, GB_BAD_FILE, "%s: as JSON the recipe has more than %d bytes", name,
                                              GB_YAML_MAX_SIZE)
                                    : GB_OK;
}

gb_status gb_recipe_json(gb_recipe *recipe, const char **text, gb_error *err) {
    gb_status status = recipe->json ? GB_OK : gb_recipe_write_json(recipe->name, recipe->tree, &recipe->json, err);
    *text = recipe->json;
    return status;
}
