/* Reads the recipes given on the command line and adds them to sessions. */
#include "recipes.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/platform/files.h"
#include "tools/inputs/latents.h"
#include "tools/program/text.h"

#define AT(member) offsetof(bending_options, member)

const option bending_table[] = {
    {"--bend", OPTION_LIST, AT(bend), "FILE", "A recipe that bends the network. docs/recipes.md describes them; "
     "network-bending's own files are valid. May be given several times; they act in this order.", 0, 0},
    {"--clusters", RARE(OPTION_TEXT), AT(clusters), "FILE", "Clusters of features for bends that name a cluster.", 0, 0},
    {"--set", OPTION_LIST, AT(set), "NAME=VALUE", "Set a named parameter of the recipes. May be given several times.", 0,
     0},
    {0}
};

enum { TEXT_LIMIT = 4 << 20 };        /* the same as the engine's */

#define KEYS(number) {"Recipe" number, "Recipe" number " with files"}
static const char *const text_keys[BENDING_RECIPES][2] = {
    KEYS(""), KEYS(" 2"), KEYS(" 3"), KEYS(" 4"), KEYS(" 5"), KEYS(" 6"), KEYS(" 7"), KEYS(" 8"), KEYS(" 9"), KEYS(" 10"),
    KEYS(" 11"), KEYS(" 12"), KEYS(" 13"), KEYS(" 14"), KEYS(" 15"), KEYS(" 16"),
};

gb_status read_text(const char *path, char **text, size_t *size, gb_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    *text = malloc(TEXT_LIMIT + 2);
    if (!*text) {
        fclose(file);
        return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    }
    *size = fread(*text, 1, TEXT_LIMIT + 1, file);
    if (ferror(file)) state(err, GB_IO, "%s: %s", path, strerror(errno));
    else if (*size > TEXT_LIMIT) state(err, GB_BAD_FILE, "%s: larger than 4 MiB, the limit for recipes and clusters", path);
    fclose(file);
    (*text)[*size] = '\0';
    return err->status;
}

bool split_setting(const char *text, char name[PARAM_NAME_ROOM], double *value) {
    const char *equals = strchr(text, '=');
    char *end;
    if (!equals || equals == text || equals - text >= PARAM_NAME_ROOM) return false;
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    *value = strtod(equals + 1, &end);
    return end != equals + 1 && !*end && isfinite(*value);
}

bool find_bending_param(const bending *b, const char *name, gb_recipe_param *param) {
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; gb_recipe_param_at(b->recipes[i], k, param); k++)
            if (!strcmp(param->name, name)) return true;
    return false;
}

static gb_status no_param(const bending *b, const char *name, gb_error *err) {
    const char *names[64] = {0}, *near;
    size_t count = 0;
    gb_recipe_param param;
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; count < sizeof names / sizeof *names && gb_recipe_param_at(b->recipes[i], k, &param); k++)
            names[count++] = param.name;
    near = nearest_name(name, names, count, sizeof *names);
    if (near) return state(err, GB_BAD_ARGUMENT, "no recipe has a parameter '%s'; did you mean '%s'?", name, near);
    return count ? state(err, GB_BAD_ARGUMENT, "no recipe has a parameter '%s'; 'ganbend recipe check' lists them", name)
                 : state(err, GB_BAD_ARGUMENT, "no recipe has a parameter '%s'; the recipes have no parameters", name);
}

gb_status set_bending_param(bending *b, const char *name, double value, gb_error *err) {
    bool found = false;
    for (size_t i = 0; i < b->count; i++) {
        gb_recipe_param param;
        bool has = false;
        for (size_t k = 0; !has && gb_recipe_param_at(b->recipes[i], k, &param); k++) has = !strcmp(param.name, name);
        if (has && gb_recipe_set(b->recipes[i], name, value, err)) return err->status;
        found |= has;
    }
    return found ? GB_OK : no_param(b, name, err);
}

/* Checks the inputs of each recipe alone, so that the message can name the recipe. */
static gb_status take_inputs(const bending *b, input_options *in, gb_error *err) {
    for (size_t i = b->count; i-- > 0;) {
        input_options own = input_defaults();
        inputs checked;
        gb_error why = {0};
        take_recipe_inputs(b->recipes[i], &own);
        if (check_inputs(&own, &checked, &why))
            return state(err, why.status, "%s: inputs: %s", b->options->bend.texts[i], why.message);
        take_recipe_inputs(b->recipes[i], in);
    }
    return GB_OK;
}

gb_status open_bending(const bending_options *options, input_options *in, bending *b, gb_error *err) {
    size_t size;
    *b = (bending){.options = options};
    if (options->bend.count > BENDING_RECIPES)
        return state(err, GB_BAD_ARGUMENT, "--bend can be given at most %d times", (int)BENDING_RECIPES);
    if (options->clusters && !options->bend.count)
        return state(err, GB_BAD_ARGUMENT, "--clusters needs --bend: recipes use the clusters");
    if (options->set.count && !options->bend.count)
        return state(err, GB_BAD_ARGUMENT, "--set needs --bend: it sets a parameter of a recipe");
    if (options->clusters && read_text(options->clusters, &b->clusters, &size, err)) return err->status;
    for (size_t i = 0; i < options->bend.count; i++) {
        const char *path = options->bend.texts[i];
        b->count = i + 1;
        if (read_text(path, &b->texts[i], &size, err) ||
            gb_recipe_parse(b->texts[i], size, path, &b->recipes[i], err) ||
            (options->clusters && gb_recipe_set_clusters(b->recipes[i], options->clusters, err)))
            return err->status;
    }
    if (in && take_inputs(b, in, err)) return err->status;
    for (size_t i = 0; i < b->count; i++) take_redraw(b->recipes[i], b);
    for (size_t i = 0; i < options->set.count; i++) {
        char name[PARAM_NAME_ROOM];
        double value;
        if (!split_setting(options->set.texts[i], name, &value))
            return state(err, GB_BAD_ARGUMENT, "--set takes NAME=NUMBER, not '%s'", options->set.texts[i]);
        if (set_bending_param(b, name, value, err)) return err->status;
    }
    return GB_OK;
}

void free_bending(bending *b) {
    for (size_t i = 0; i < b->count; i++) {
        gb_recipe_free(b->recipes[i]);
        free(b->texts[i]);
    }
    free(b->clusters);
    *b = (bending){0};
}

void take_redraw(const gb_recipe *recipe, bending *b) {
    const char *name, *text;
    for (size_t i = 0; gb_recipe_input_at(recipe, i, &name, &text); i++)
        if (!strcmp(name, "redraw")) b->redraw = strtoull(text, NULL, 10);
}

/* The recipe with what it names in files, for its pictures. */
static gb_status embed_files(bending *b, size_t i, gb_error *err) {
    const char *json, *whole;
    if (gb_recipe_json(b->recipes[i], &json, err) || gb_recipe_embed(b->recipes[i], &whole, err)) return err->status;
    b->whole[i] = strcmp(json, whole) ? whole : NULL;
    return GB_OK;
}

gb_status apply_bending(bending *b, gb_session *session, gb_error *err) {
    if (gb_session_redraw(session, b->redraw, err)) return err->status;
    for (size_t i = 0; i < b->count; i++)
        if (gb_recipe_apply(b->recipes[i], session, err) || embed_files(b, i, err)) return err->status;
    return GB_OK;
}

gb_status update_bending(bending *b, gb_session *session, gb_error *err) {
    for (size_t i = 0; i < b->count; i++)
        if (gb_recipe_update(b->recipes[i], session, err)) return err->status;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ settings in PNGs */

void describe_bending(const bending *b, char text[BENDING_TEXT_ROOM]) {
    *text = '\0';
    for (size_t i = 0; i < b->count; i++)
        append(text, BENDING_TEXT_ROOM, " --bend crc32:%08" PRIx32, crc32_of_bytes(b->texts[i], strlen(b->texts[i])));
    if (b->clusters) append(text, BENDING_TEXT_ROOM, " --clusters crc32:%08" PRIx32, crc32_of_bytes(b->clusters, strlen(b->clusters)));
    for (size_t i = 0; b->options && i < b->options->set.count; i++)
        append(text, BENDING_TEXT_ROOM, " --set %s", b->options->set.texts[i]);
    if (b->redraw) append(text, BENDING_TEXT_ROOM, " --redraw-as %" PRIu64, b->redraw);
}

size_t bending_texts(const bending *b, gb_text *texts) {
    size_t count = 0;
    for (size_t i = 0; i < b->count; i++) {
        texts[count++] = (gb_text){text_keys[i][0], b->texts[i]};
        if (b->whole[i]) texts[count++] = (gb_text){text_keys[i][1], b->whole[i]};
    }
    if (b->clusters) texts[count++] = (gb_text){"Clusters", b->clusters};
    return count;
}
