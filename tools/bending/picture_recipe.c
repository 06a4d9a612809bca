/* What a PNG says about itself, put together as one recipe: its recipe in JSON, the inputs and parameters in its settings,
 * its latents and clusters. The settings are untrusted. */
#include "picture_recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merged_recipe.h"
#include "recipe_yaml.h"
#include "tools/program/text.h"

/* ------------------------------------------------------------------------------------------------ a PNG's texts */

typedef struct search {
    const char *name;
    text_buffer found;
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
    if (!status && s.found.failed) status = state(err, GB_NO_MEMORY, "%s: out of memory", path);
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
    text_buffer inputs;         /* "seeds: 7, rng: \"numpy\"" */
    text_buffer others;        /* settings that a recipe cannot express */
    param_setting set[MAX_SET];
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

static void put_other(text_buffer *b, word w) {
    if (b->used) put_text(b, " ");
    for (size_t i = 0; i < w.length; i++) put_bytes(b, w.text[i] < 0x20 || w.text[i] > 0x7e ? "?" : w.text + i, 1);
}

static bool is_number(word w) {
    char digits[64], *end;
    if (!w.length || w.length >= sizeof digits) return false;
    memcpy(digits, w.text, w.length);
    digits[w.length] = '\0';
    strtod(digits, &end);
    return !*end && strspn(digits, "0123456789+-.eE") == w.length;
}

/* As JSON. */
static void put_scalar(text_buffer *b, word w) {
    bool quoted = !is_number(w);
    if (quoted) put_text(b, "\"");
    for (size_t i = 0; i < w.length; i++) {
        if (w.text[i] == '"' || w.text[i] == '\\') put_text(b, "\\");
        put_bytes(b, w.text + i, 1);
    }
    if (quoted) put_text(b, "\"");
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

/* "angle=30": a parameter and its number. */
static void add_set(picture_settings *m, word w) {
    const char *equals = memchr(w.text, '=', w.length);
    size_t name = equals ? (size_t)(equals - w.text) : 0;
    if (equals && is_number((word){equals + 1, w.length - name - 1}) && m->set_count < MAX_SET)
        m->set[m->set_count++] = (param_setting){w.text, equals + 1, name, w.length - name - 1};
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
        } else if (is_word(w, "--set")) {
            add_set(m, next_word(&at));
        } else if (is_word(w, "--bend") || (m->clusters && is_word(w, "--clusters"))) {
            next_word(&at);
        } else {
            put_other(&m->others, w);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ the recipe */

/* Converts a cluster file to the JSON object that a recipe contains instead. The caller frees it; NULL if the file is
 * malformed, or with an error if memory ran out. */
static char *clusters_json(const char *path, const char *text, gb_error *err) {
    static const char key[] = "{\"bends\": [], \"clusters\": ";
    gb_recipe *recipe = NULL;
    gb_error why = {0};
    const char *json;
    text_buffer p = {0}, cut = {0};
    put_text(&p, "bends: []\nclusters:\n");
    for (const char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        put_text(&p, "  ");
        put_bytes(&p, line, (size_t)(end - line));
    }
    if (!p.failed && !gb_recipe_parse(p.text, p.used, "clusters", &recipe, &why) &&
        !gb_recipe_json(recipe, &json, &why) && !strncmp(json, key, sizeof key - 1) && json[sizeof key - 1] == '{')
        put_bytes(&cut, json + sizeof key - 1, strlen(json) - sizeof key);
    gb_recipe_free(recipe);
    free(p.text);
    if (p.failed || cut.failed || why.status == GB_NO_MEMORY) {
        state(err, GB_NO_MEMORY, "%s: out of memory", path);
        free(cut.text);
        return NULL;
    }
    return cut.text;
}

/* True for the format of latent_numbers(). */
static bool is_numbers(const char *text) {
    return *text == '[' && strspn(text, "[]0123456789+-.e, ") == strlen(text);
}

enum { MAX_RECIPES = 64 };

typedef struct picture_parts {
    char *settings, *recipes[MAX_RECIPES], *latent, *clusters;
    size_t count;               /* of the recipes */
} picture_parts;

/* The settings have the inputs as they were when the picture was made, and parameters that were set: nothing moves these again. */
static bool still_moves(void *arg, const char *address, size_t length) {
    static const char parameter[] = "param/";
    const picture_settings *m = arg;
    const size_t before = sizeof parameter - 1;
    if (!memchr(address, '/', length)) return !m->inputs.used;
    if (length < before || memcmp(address, parameter, before) != 0) return true;
    for (size_t i = 0; i < m->set_count; i++)
        if (m->set[i].name_length == length - before && !memcmp(m->set[i].name, address + before, length - before)) return false;
    return true;
}

/* The inputs and clusters of the picture before those that the recipe may have itself: the first ones are printed. */
static void put_json(text_buffer *b, const picture_settings *m, const char *recipe) {
    put_text(b, "{");
    if (m->inputs.used) {
        put_text(b, "\"inputs\": {");
        put_text(b, m->inputs.text);
        put_text(b, "}, ");
    }
    if (m->clusters) {
        put_text(b, "\"clusters\": ");
        put_text(b, m->clusters);
        put_text(b, ", ");
    }
    put_kept_modulators(b, recipe, still_moves, (void *)m);
    put_text(b, recipe + 1);
}

/* Its recipes as one, in JSON. */
static gb_status join_recipes(const char *path, const picture_parts *from, text_buffer *to, gb_error *err) {
    gb_recipe *recipes[MAX_RECIPES] = {NULL};
    const char *json[MAX_RECIPES];
    for (size_t i = 0; i < from->count && !err->status; i++)
        if (!gb_recipe_parse(from->recipes[i], strlen(from->recipes[i]), path, &recipes[i], err))
            gb_recipe_json(recipes[i], &json[i], err);
    if (!err->status) {
        if (from->count == 1) put_text(to, json[0]);
        else merge_recipes(to, json, from->count, path, err);
    }
    for (size_t i = 0; i < from->count; i++) gb_recipe_free(recipes[i]);
    return !err->status && to->failed ? state(err, GB_NO_MEMORY, "%s: out of memory", path) : err->status;
}

static gb_status remake(const char *path, const picture_parts *from, text_buffer *to, gb_error *err) {
    text_buffer joined = {0};
    char *clusters = from->clusters ? clusters_json(path, from->clusters, err) : NULL;
    picture_settings m = {.latent = from->latent && is_numbers(from->latent) ? from->latent : NULL, .clusters = clusters};
    text_buffer json = {0};
    gb_recipe *again = NULL;
    if (from->settings) read_settings(from->settings, &m);
    if (!err->status && !join_recipes(path, from, &joined, err)) {
        put_json(&json, &m, joined.text);
        if (m.others.used) {
            put_text(to, "# also rendered with ");
            put_text(to, m.others.text);
            put_text(to, "\n");
        }
        if (json.failed || m.inputs.failed || m.others.failed) state(err, GB_NO_MEMORY, "%s: out of memory", path);
        else if (!put_recipe_yaml(to, json.text, json.used, m.set, m.set_count, err))
            gb_recipe_parse(to->text, to->used, path, &again, err);     /* the settings may contain anything */
    }
    gb_recipe_free(again);
    free(joined.text);
    free(json.text);
    free(m.inputs.text);
    free(m.others.text);
    free(clusters);
    return err->status;
}

/* Each recipe with what it names in files, if the picture has it. */
static gb_status read_recipes(const char *path, picture_parts *from, gb_error *err) {
    char key[32] = "Recipe", whole_key[48], *whole;
    while (from->count < MAX_RECIPES && !look_for_text(path, key, &from->recipes[from->count], err) &&
           from->recipes[from->count]) {
        snprintf(whole_key, sizeof whole_key, "%s with files", key);
        if (look_for_text(path, whole_key, &whole, err)) break;
        if (whole) {
            free(from->recipes[from->count]);
            from->recipes[from->count] = whole;
        }
        snprintf(key, sizeof key, "Recipe %zu", ++from->count + 1);
    }
    return err->status;
}

gb_status remake_recipe(const char *path, char **text, gb_error *err) {
    picture_parts from = {0};
    text_buffer p = {0};
    if (!look_for_text(path, "Settings", &from.settings, err) && !read_recipes(path, &from, err) &&
        !look_for_text(path, "Latent", &from.latent, err) && !look_for_text(path, "Clusters", &from.clusters, err)) {
        if (!from.settings && !from.count)
            state(err, GB_BAD_FILE, "%s: contains neither settings nor a recipe; it was not rendered by ganbend", path);
        else
            remake(path, &from, &p, err);
    }
    free(from.settings);
    for (size_t i = 0; i <= from.count && i < MAX_RECIPES; i++) free(from.recipes[i]);
    free(from.latent);
    free(from.clusters);
    if (err->status) free(p.text);
    *text = err->status ? NULL : p.text;
    return err->status;
}
