/* Writes pictures with gb_session_render_png(), for test_library_pictures.sh:
 *
 *     library_picture MODEL OUT.png STEP…
 *
 * A step is an option of `ganbend render` with its value, or one of: recipe FILE, update NAME=VALUE, redraw N, bend NODE, unbend,
 * begin, rollback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ganbend.h>

static gb_error err = GB_ERROR_INIT;
static gb_session *session;
static gb_recipe *recipe;

static gb_status set_numbers(const char *text, bool z) {
    static float values[4096];
    int count = 0, rows = 0;
    for (const char *at = text; *at;) {
        rows += *at == ';' || !rows;
        at += *at == ';' || *at == ',';
        values[count++] = strtof(at, (char **)(void *)&at);
    }
    return z ? gb_session_set_z(session, values, &err) : gb_session_set_ws(session, values, rows, &err);
}

static gb_status set_class(const char *text) {
    static float label[64];
    if (!strchr(text, ':')) return gb_session_set_class(session, atoi(text), &err);
    for (char *at = (char *)(size_t)text; *at;) {
        long number = strtol(at, &at, 10);
        label[number] = strtof(at + 1, &at);
        at += *at == ',';
    }
    return gb_session_set_label(session, label, &err);
}

static gb_status update(const char *text) {
    char name[64];
    double value;
    if (sscanf(text, "%63[^=]=%lf", name, &value) != 2) return GB_BAD_ARGUMENT;
    return gb_recipe_set(recipe, name, value, &err) ? err.status : gb_recipe_update(recipe, session, &err);
}

static gb_status apply_recipe(const char *path) {
    gb_recipe_free(recipe);
    recipe = NULL;
    return gb_recipe_open(path, &recipe, &err) ? err.status : gb_recipe_apply(recipe, session, &err);
}

static gb_status noise(const char *text) {
    if (!strcmp(text, "none")) return gb_session_noise(session, GB_NOISE_NONE, 0, &err);
    return gb_session_noise(session, GB_NOISE_RANDOM, strtoull(text, NULL, 10), &err);
}

static gb_status step(const char *name, const char *value) {
    static float psi = 1;
    if (!strcmp(name, "seeds")) return gb_session_seed(session, strtoull(value, NULL, 10), &err);
    if (!strcmp(name, "torch")) return gb_session_seed_with(session, GB_RNG_TORCH, strtoull(value, NULL, 10), &err);
    if (!strcmp(name, "trunc")) return gb_session_truncate(session, psi = strtof(value, NULL), -1, &err);
    if (!strcmp(name, "cutoff")) return gb_session_truncate(session, psi, atoi(value), &err);
    if (!strcmp(name, "z") || !strcmp(name, "w")) return set_numbers(value, *name == 'z');
    if (!strcmp(name, "class")) return set_class(value);
    if (!strcmp(name, "noise")) return noise(value);
    if (!strcmp(name, "recipe")) return apply_recipe(value);
    if (!strcmp(name, "update")) return update(value);
    if (!strcmp(name, "redraw")) return gb_session_redraw(session, strtoull(value, NULL, 10), &err);
    if (!strcmp(name, "bend"))
        return gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = value, .name = "invert"}, NULL, &err);
    if (!strcmp(name, "unbend")) return gb_session_unbend(session, 0, &err);
    if (!strcmp(name, "begin")) return gb_session_begin(session, &err);
    if (!strcmp(name, "rollback")) return gb_session_rollback(session), GB_OK;
    return GB_BAD_ARGUMENT;
}

int main(int argc, char **argv) {
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_status status = gb_context_new(&(gb_context_options){.threads = 1}, &context, &err);
    if (!status) status = gb_model_open(context, argv[1], &model, &err);
    if (!status) status = gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, &err);
    for (int i = 3; i + 1 < argc && !status; i += 2) status = step(argv[i], argv[i + 1]);
    if (!status) status = gb_session_render_png(session, argv[2], &err);
    if (status) fprintf(stderr, "library_picture: %s\n", err.message);
    gb_recipe_free(recipe);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    return status;
}
