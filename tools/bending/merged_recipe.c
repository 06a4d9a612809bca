/* The members of the recipes' JSON are put together as text, so that numbers keep their digits. The JSON comes from
 * gb_recipe_json() and is therefore well-formed. */
#include "merged_recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part of a text. */
typedef struct span {
    const char *text;
    size_t length;
} span;

static bool is_same(span a, span b) {
    return a.length == b.length && !memcmp(a.text, b.text, a.length);
}

static bool is_text(span a, const char *text) {
    return is_same(a, (span){text, strlen(text)});
}

static void put_span(text_buffer *to, span s) {
    put_bytes(to, s.text, s.length);
}

/* ------------------------------------------------------------------------------------------------ JSON */

static const char *after_string(const char *at) {
    for (at++; *at && *at != '"'; at++) at += *at == '\\' && at[1];
    return at + (*at != '\0');
}

/* The end of the value that begins at `at`. */
static const char *after_value(const char *at) {
    int depth = 0;
    do {
        if (*at == '"') {
            at = after_string(at);
            continue;
        }
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        at++;
    } while (*at && (depth > 0 || !strchr(",]}", *at)));
    return at;
}

/* Takes the next item of the list, or member of the map, in whose brackets `at` is; `key` is NULL for lists. False at the end. */
static bool next_item(const char **at, span *key, span *value) {
    const char *from = *at + strspn(*at, ", ");
    if (!*from || *from == '}' || *from == ']') return false;
    if (key) {
        const char *end = after_string(from);
        *key = (span){from + 1, (size_t)(end - from) - 2};
        from = end + strspn(end, ": ");
    }
    *at = after_value(from);
    *value = (span){from, (size_t)(*at - from)};
    return true;
}

/* The member of that name of a map. */
static bool find_member(const char *map, span name, span *value) {
    span key;
    if (*map != '{') return false;
    for (const char *at = map + 1; next_item(&at, &key, value);)
        if (is_same(key, name)) return true;
    return false;
}

/* ------------------------------------------------------------------------------------------------ merging */

/* Whether the bend draws something without a seed of its own: `in` is then the map that should have it. */
static bool draws(span bend, span *in) {
    static const char *const maps[][2] = {{"features", "random"}, {"paint", "place"}};
    span drawn, seed;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (find_member(bend.text, (span){maps[i][0], strlen(maps[i][0])}, in) && *in->text == '{' &&
            find_member(in->text, (span){maps[i][1], strlen(maps[i][1])}, &drawn))
            return !find_member(in->text, (span){"seed", 4}, &seed);
    return false;
}

/* A bend whose place in the list decides what is drawn gets the seed that its own recipe gives it. */
static void put_bend(text_buffer *to, span bend, size_t place) {
    span in;
    char text[32];
    if (to->used) put_text(to, ", ");
    if (!draws(bend, &in)) {
        put_span(to, bend);
        return;
    }
    const char *end = in.text + in.length - 1;
    snprintf(text, sizeof text, ", \"seed\": %zu", place);
    put_bytes(to, bend.text, (size_t)(end - bend.text));
    put_text(to, text);
    put_bytes(to, end, (size_t)(bend.text + bend.length - end));
}

/* What the recipes say under one key of the top level: the members of maps, or one value that all of them share. */
typedef struct section {
    const char *key;
    bool collects;              /* the members of several maps can be in one */
    text_buffer members;
    span value;
} section;

static gb_status differ(const char *path, const char *what, span name, gb_error *err) {
    return state(err, GB_BAD_ARGUMENT, "%s: was rendered with several recipes, and two of them have different %s '%.*s', so that "
                 "one recipe cannot do the same; print each with --text Recipe, --text 'Recipe 2', …", path, what,
                 (int)(name.length < 64 ? name.length : 64), name.text);
}

static gb_status add_members(section *s, span map, const char *path, gb_error *err) {
    span key, value, earlier;
    for (const char *at = map.text + 1; next_item(&at, &key, &value) && !err->status;) {
        text_buffer whole = {0};
        put_text(&whole, "{");
        if (s->members.used) put_span(&whole, (span){s->members.text, s->members.used});
        put_text(&whole, "}");
        bool has = !whole.failed && find_member(whole.text, key, &earlier);
        if (has && !is_same(earlier, value)) differ(path, s->key, key, err);
        free(whole.text);
        if (has) continue;
        if (s->members.used) put_text(&s->members, ", ");
        put_text(&s->members, "\"");
        put_span(&s->members, key);
        put_text(&s->members, "\": ");
        put_span(&s->members, value);
    }
    return err->status;
}

static gb_status add_value(section *s, span value, const char *path, gb_error *err) {
    if (s->collects && *value.text == '{' && !s->value.text) return add_members(s, value, path, err);
    if (s->members.used || (s->value.text && !is_same(s->value, value)))
        return differ(path, "values of", (span){s->key, strlen(s->key)}, err);
    s->value = value;
    return GB_OK;
}

static void put_section(text_buffer *to, const section *s) {
    if (!s->members.used && !s->value.text) return;
    put_text(to, ", \"");
    put_text(to, s->key);
    put_text(to, "\": ");
    if (s->value.text) {
        put_span(to, s->value);
        return;
    }
    put_text(to, "{");
    put_span(to, (span){s->members.text, s->members.used});
    put_text(to, "}");
}

void put_kept_modulators(text_buffer *to, const char *json, bool (*keeps)(void *arg, const char *address, size_t length),
                         void *arg) {
    span list, item, move;
    const char *before = "\"modulators\": [";
    if (!find_member(json, (span){"modulators", 10}, &list) || *list.text != '[') return;
    for (const char *at = list.text + 1; next_item(&at, NULL, &item);) {
        if (find_member(item.text, (span){"move", 4}, &move) && move.length > 2 && !keeps(arg, move.text + 1, move.length - 2)) continue;
        put_text(to, before);
        put_span(to, item);
        before = ", ";
    }
    put_text(to, *before == '"' ? "\"modulators\": [], " : "], ");
}

gb_status merge_recipes(text_buffer *to, const char *const *json, size_t count, const char *path, gb_error *err) {
    section sections[] = {{"parameters", true, {0}, {0}}, {"vectors", true, {0}, {0}}, {"clusters", false, {0}, {0}},
                          {"directions", true, {0}, {0}}, {"modulators", false, {0}, {0}}, {"tempo", false, {0}, {0}},
                          {"time", false, {0}, {0}}, {"beat", false, {0}, {0}}};
    enum { SECTIONS = sizeof sections / sizeof *sections };
    text_buffer bends = {0};
    span key, value, bend;
    bool failed;
    for (size_t i = 0; i < count && !err->status; i++)
        for (const char *at = json[i] + 1; next_item(&at, &key, &value) && !err->status;) {
            const char *item = value.text + 1;
            if (is_text(key, "transforms") && count > 1)
                state(err, GB_BAD_ARGUMENT, "%s: was rendered with several recipes, one of them in network-bending's format, which "
                      "does not mix with others; print each with --text Recipe, --text 'Recipe 2', …", path);
            if (is_text(key, "modulators") && count > 1)
                state(err, GB_BAD_ARGUMENT, "%s: was rendered with several recipes, and the modulators of one find bends by their "
                      "place in it; print each with --text Recipe, --text 'Recipe 2', …", path);
            for (size_t place = 0; is_text(key, "bends") && next_item(&item, NULL, &bend); place++) put_bend(&bends, bend, place);
            for (size_t s = 0; s < SECTIONS && !err->status; s++)
                if (is_text(key, sections[s].key)) add_value(&sections[s], value, path, err);
        }
    put_text(to, "{\"bends\": [");
    if (bends.used) put_span(to, (span){bends.text, bends.used});
    put_text(to, "]");
    failed = bends.failed;
    for (size_t s = 0; s < SECTIONS; s++) {
        put_section(to, &sections[s]);
        failed |= sections[s].members.failed;
        free(sections[s].members.text);
    }
    put_text(to, "}");
    free(bends.text);
    return failed && !err->status ? state(err, GB_NO_MEMORY, "%s: out of memory", path) : err->status;
}
