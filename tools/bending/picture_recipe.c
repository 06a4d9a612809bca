/* Prints the recipe from its JSON: one line for each top-level key and each bend, numbers unchanged. The JSON comes from
 * gb_recipe_json(), so it is well-formed; the settings are untrusted. */
#include "picture_recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ growing text */

typedef struct page {
    char *text;
    size_t used, room;
    bool full;                  /* out of memory */
} page;

static void put(page *p, const char *bytes, size_t count) {
    if (p->used + count >= p->room) {
        size_t room = 2 * (p->used + count) + 1024;
        char *grown = p->full ? NULL : realloc(p->text, room);
        if (!grown) {
            p->full = true;
            return;
        }
        p->text = grown;
        p->room = room;
    }
    memcpy(p->text + p->used, bytes, count);
    p->used += count;
    p->text[p->used] = '\0';
}

static void put_text(page *p, const char *text) {
    put(p, text, strlen(text));
}

/* ------------------------------------------------------------------------------------------------ a PNG's texts */

typedef struct search {
    const char *name;
    page found;
    bool has;
} search;

static void take_text(void *arg, const char *key, const char *value) {
    search *s = arg;
    if (s->has || strcmp(key, s->name) != 0) return;
    s->has = true;
    put_text(&s->found, value);
}

/* *text stays NULL if there is no chunk of that name. */
static gb_status look_for_text(const char *path, const char *name, char **text, gb_error *err) {
    search s = {.name = name};
    gb_status status = gb_png_text(path, take_text, &s, err);
    if (!status && s.found.full) status = state(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (status) free(s.found.text);
    *text = status ? NULL : s.found.text;
    return status;
}

gb_status picture_text(const char *path, const char *name, char **text, gb_error *err) {
    gb_status status = look_for_text(path, name, text, err);
    if (!status && !*text) status = state(err, GB_BAD_FILE, "%s: contains no text chunk '%s'", path, name);
    return status;
}

/* ------------------------------------------------------------------------------------------------ settings */

enum { MAX_SET = 64 };

typedef struct word {
    const char *text;
    size_t length;
} word;

typedef struct picture_settings {
    page inputs;                /* "seeds: 7, rng: numpy" */
    page others;               /* settings that a recipe cannot express */
    word set[MAX_SET];          /* "angle=30" */
    size_t set_count;
    const char *latent;         /* numbers of a z or w, or NULL */
    const char *clusters;       /* a JSON object, or NULL */
} picture_settings;

static word next_word(const char **at) {
    const char *from = *at + strspn(*at, " ");
    word w = {from, strcspn(from, " ")};
    *at = from + w.length;
    return w;
}

static bool is_word(word w, const char *text) {
    return w.length == strlen(text) && !memcmp(w.text, text, w.length);
}

static void put_other(page *p, word w) {
    if (p->used) put_text(p, " ");
    for (size_t i = 0; i < w.length; i++) put(p, w.text[i] < 0x20 || w.text[i] > 0x7e ? "?" : w.text + i, 1);
}

/* True for letters, digits and other characters that need no quotes in YAML. */
static bool is_plain(word w) {
    static const char *const others[] = {"true", "false", "null"};
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool plain = w.length > 0 && (strchr(letters, *w.text) || (*w.text == '$' && w.length > 1));
    for (size_t i = 1; plain && i < w.length; i++)
        plain = strchr(letters, w.text[i]) || strchr("0123456789_.*/-", w.text[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) plain = plain && !is_word(w, others[i]);
    return plain;
}

static bool is_number(word w) {
    char digits[64], *end;
    if (!w.length || w.length >= sizeof digits) return false;
    memcpy(digits, w.text, w.length);
    digits[w.length] = '\0';
    strtod(digits, &end);
    return !*end && strspn(digits, "0123456789+-.eE") == w.length;
}

static void put_scalar(page *p, word w) {
    bool bare = is_plain(w) || is_number(w);
    if (!bare) put_text(p, "\"");
    for (size_t i = 0; i < w.length; i++) {
        if (!bare && (w.text[i] == '"' || w.text[i] == '\\')) put_text(p, "\\");
        put(p, w.text + i, 1);
    }
    if (!bare) put_text(p, "\"");
}

/* The name of an option among a recipe's inputs, or NULL. */
static const char *input_name(word w) {
    static const char *const names[] = {"--seeds", "--rng", "--class", "--steps", "--space", "--image", "--trunc",
                                        "--cutoff", "--noise"};
    if (is_word(w, "--redraw-as")) return "redraw";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_word(w, names[i])) return names[i] + strlen("--");
    return NULL;
}

static void put_input(picture_settings *m, const char *name) {
    if (m->inputs.used) put_text(&m->inputs, ", ");
    put_text(&m->inputs, name);
    put_text(&m->inputs, ": ");
}

/* The number of parentheses that are open after the word. */
static int depth_after(word w, int depth) {
    for (size_t i = 0; i < w.length; i++) depth += (w.text[i] == '(') - (w.text[i] == ')' && depth > 0);
    return depth;
}

/* Reads "--seeds 7 --rng numpy --bend crc32:… --set angle=30 --grid 4x4": options of render, and remarks in
 * parentheses. */
static void read_settings(const char *text, picture_settings *m) {
    const char *at = text;
    int depth = 0;
    for (word w = next_word(&at); w.length; w = next_word(&at)) {
        const char *name = input_name(w);
        bool remark = depth > 0 || *w.text == '(';
        depth = depth_after(w, depth);
        if (remark) {
            put_other(&m->others, w);
        } else if (name) {
            put_input(m, name);
            put_scalar(&m->inputs, next_word(&at));
        } else if (m->latent && (is_word(w, "--z") || is_word(w, "--w"))) {
            put_input(m, w.text[2] == 'z' ? "z" : "w");
            put_text(&m->inputs, m->latent);
            next_word(&at);             /* its checksum */
        } else if (is_word(w, "--set") && m->set_count < MAX_SET) {
            m->set[m->set_count++] = next_word(&at);
        } else if (is_word(w, "--bend") || (m->clusters && is_word(w, "--clusters"))) {
            next_word(&at);
        } else {
            put_other(&m->others, w);
        }
    }
}

/* The value that --set gave a parameter; the last one wins. */
static bool find_set(const picture_settings *m, word name, word *value) {
    for (size_t i = m->set_count; i-- > 0;) {
        word w = m->set[i];
        if (w.length <= name.length + 1 || memcmp(w.text, name.text, name.length) != 0 || w.text[name.length] != '=')
            continue;
        *value = (word){w.text + name.length + 1, w.length - name.length - 1};
        return is_number(*value);
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------ reading JSON */

static const char *skip_string(const char *c) {
    for (c++; *c != '"'; c++) c += *c == '\\';
    return c + 1;
}

static const char *skip_value(const char *c) {
    int depth = 0;
    do {
        if (*c == '"') {
            c = skip_string(c);
            continue;
        }
        depth += *c == '{' || *c == '[';
        depth -= *c == '}' || *c == ']';
        c++;
    } while (depth > 0 || !strchr(",]}", *c));
    return c;
}

typedef struct field {
    word key, value;            /* the key without its quotes */
} field;

static bool is_end(char c) {
    return c == '}' || c == ']';
}

/* The next field of an object or item of an array. *at starts at '{' or '[' and moves to the end of the field. */
static bool next_field(const char **at, bool map, field *f) {
    const char *c = *at;
    if (is_end(c[0]) || is_end(c[1])) return false;
    c += c[1] == ' ' ? 2 : 1;
    *f = (field){0};
    if (map) {
        const char *end = skip_string(c);
        f->key = (word){c + 1, (size_t)(end - c) - 2};
        c = end + 2;
    }
    f->value.text = c;
    *at = skip_value(c);
    f->value.length = (size_t)(*at - c);
    return true;
}

/* Writes JSON as YAML on one line, without quotes where they are not needed. */
static void put_value(page *p, word value) {
    for (const char *c = value.text, *end = c + value.length; c < end;) {
        const char *next = *c == '"' ? skip_string(c) : c + 1;
        word inner = {c + 1, (size_t)(next - c) >= 2 ? (size_t)(next - c) - 2 : 0};
        if (*c == '"' && is_plain(inner)) put(p, inner.text, inner.length);
        else put(p, c, (size_t)(next - c));
        c = next;
    }
}

static void put_key(page *p, word key) {
    put_value(p, (word){key.text - 1, key.length + 2});
    put_text(p, ":");
}

static void put_parameter(page *p, word value, word set) {
    const char *at = value.text;
    field f;
    if (*value.text != '{') {
        put(p, set.text, set.length);
        return;
    }
    for (const char *before = "{"; next_field(&at, true, &f); before = ", ") {
        put_text(p, before);
        put_key(p, f.key);
        put_text(p, " ");
        put_value(p, is_word(f.key, "value") ? set : f.value);
    }
    put_text(p, "}");
}

/* Writes lists and parameters with one line per item, anything else on one line. */
static void put_top(page *p, const picture_settings *m, const field *top) {
    const char *at = top->value.text;
    bool parameters = is_word(top->key, "parameters"), list = *at == '[';
    field f;
    put_key(p, top->key);
    if ((!list && !parameters) || top->value.length == 2) {
        put_text(p, " ");
        put_value(p, top->value);
        put_text(p, "\n");
        return;
    }
    put_text(p, "\n");
    while (next_field(&at, !list, &f)) {
        word set;
        put_text(p, list ? "  - " : "  ");
        if (!list) put_key(p, f.key);
        if (!list) put_text(p, " ");
        if (parameters && find_set(m, f.key, &set)) put_parameter(p, f.value, set);
        else put_value(p, f.value);
        put_text(p, "\n");
    }
}

static void put_recipe(page *p, const picture_settings *m, const char *json) {
    const char *at = json;
    field f;
    if (m->others.used) {
        put_text(p, "# also rendered with ");
        put(p, m->others.text, m->others.used);
        put_text(p, "\n");
    }
    if (m->inputs.used) {
        put_text(p, "inputs: {");
        put(p, m->inputs.text, m->inputs.used);
        put_text(p, "}\n");
    }
    while (next_field(&at, true, &f))
        if (!(m->inputs.used && is_word(f.key, "inputs")) && !(m->clusters && is_word(f.key, "clusters")))
            put_top(p, m, &f);
    if (m->clusters) {
        put_text(p, "clusters: ");
        put_value(p, (word){m->clusters, strlen(m->clusters)});
        put_text(p, "\n");
    }
}

/* ------------------------------------------------------------------------------------------------ the recipe */

/* Converts a cluster file to the JSON object that a recipe contains instead. The caller frees it; NULL if the file is
 * malformed. */
static char *clusters_json(const char *text) {
    static const char key[] = "{\"bends\": [], \"clusters\": ";
    gb_recipe *recipe = NULL;
    const char *json;
    page p = {0}, cut = {0};
    put_text(&p, "bends: []\nclusters:\n");
    for (const char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        put_text(&p, "  ");
        put(&p, line, (size_t)(end - line));
    }
    if (!p.full && !gb_recipe_parse(p.text, p.used, "clusters", &recipe, NULL) &&
        !gb_recipe_json(recipe, &json, NULL) && !strncmp(json, key, sizeof key - 1) && json[sizeof key - 1] == '{')
        put(&cut, json + sizeof key - 1, strlen(json) - sizeof key);
    gb_recipe_free(recipe);
    free(p.text);
    if (!cut.full) return cut.text;
    free(cut.text);
    return NULL;
}

/* True for the format of latent_numbers(). */
static bool is_numbers(const char *text) {
    return *text == '[' && strspn(text, "[]0123456789+-.e, ") == strlen(text);
}

typedef struct picture_parts {
    char *settings, *recipe, *second, *latent, *clusters;
} picture_parts;

static gb_status remake(const char *path, const picture_parts *from, page *p, gb_error *err) {
    const char *recipe_text = from->recipe ? from->recipe : "bends: []", *json;
    char *clusters = from->clusters ? clusters_json(from->clusters) : NULL;
    picture_settings m = {.latent = from->latent && is_numbers(from->latent) ? from->latent : NULL, .clusters = clusters};
    gb_recipe *recipe = NULL, *again = NULL;
    if (from->settings) read_settings(from->settings, &m);
    if (!gb_recipe_parse(recipe_text, strlen(recipe_text), path, &recipe, err) && !gb_recipe_json(recipe, &json, err)) {
        put_recipe(p, &m, json);
        if (p->full || m.inputs.full || m.others.full) state(err, GB_NO_MEMORY, "%s: out of memory", path);
        else gb_recipe_parse(p->text, p->used, path, &again, err);      /* the settings may contain anything */
    }
    gb_recipe_free(again);
    gb_recipe_free(recipe);
    free(m.inputs.text);
    free(m.others.text);
    free(clusters);
    return err->status;
}

gb_status remake_recipe(const char *path, char **text, gb_error *err) {
    picture_parts from = {0};
    page p = {0};
    if (!look_for_text(path, "Settings", &from.settings, err) && !look_for_text(path, "Recipe", &from.recipe, err) &&
        !look_for_text(path, "Recipe 2", &from.second, err) && !look_for_text(path, "Latent", &from.latent, err) &&
        !look_for_text(path, "Clusters", &from.clusters, err)) {
        if (from.second)
            state(err, GB_BAD_ARGUMENT, "%s: was rendered with several recipes; print each with --text Recipe, --text "
                  "'Recipe 2', …, and the rest with --text Settings", path);
        else if (!from.settings && !from.recipe)
            state(err, GB_BAD_FILE, "%s: contains neither settings nor a recipe; it was not rendered by ganbend", path);
        else
            remake(path, &from, &p, err);
    }
    free(from.settings);
    free(from.recipe);
    free(from.second);
    free(from.latent);
    free(from.clusters);
    if (err->status) free(p.text);
    *text = err->status ? NULL : p.text;
    return err->status;
}
