/* Saves recipes and pictures in the output folder, opens them, and keeps the projects of the tabs there. */
#include "saving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outgoing.h"
#include "folder.h"
#include "tools/bending/picture_recipe.h"
#include "handlers.h"
#include "projects.h"
#include "works.h"
#include "tools/program/json_output.h"

enum { MAX_LISTED = 4096, MAX_NUMBER = 9999, MAX_RECIPE = 4 << 20 };

/* ------------------------------------------------------------------------------------------------ pictures */

gb_status write_picture(live *s, const char *path, gb_error *err) {
    char text[SETTINGS_ROOM + BENDING_TEXT_ROOM];
    picture_texts t;
    char *latent;
    if (live_render(s, err)) return err->status;
    describe_inputs(&s->in, 0, text);
    describe_bending(&s->bent, text + strlen(text));
    latent = latent_numbers(&s->in, 0);
    fill_picture_texts(&t, &s->o, text, latent, &s->bent);
    gb_png_write_pixels(path, (int)s->o.width, (int)s->o.height, (int)s->o.channels, s->pixels, t.texts, t.count, err);
    free(latent);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ saving */

typedef struct saved {
    char name[PROJECT_NAME];
    char recipe[PATH_ROOM], picture[PATH_ROOM];             /* the final names */
    char new_recipe[PATH_ROOM], new_picture[PATH_ROOM];     /* unfinished; new_picture is "" if no picture is saved */
} saved;

static gb_status name_saved(const live *s, const char *name, saved *f, gb_error *err) {
    const char *out = s->shared->out;
    if (folder_path(f->recipe, out, NULL, name, ".yaml", err) || folder_path(f->picture, out, NULL, name, ".png", err))
        return err->status;
    snprintf(f->name, sizeof f->name, "%s", name);
    return GB_OK;
}

static gb_status write_saved(live *s, const message *m, saved *f, gb_error *err) {
    if (folder_prepare(s->shared->out, NULL, err) || live_set(s, m->text, err)) return err->status;
    if (m->png && (unfinished_path(f->new_picture, s->shared->out, err) || write_picture(s, f->new_picture, err)))
        return err->status;
    return folder_write(s->shared->out, f->recipe, m->text, strlen(m->text), f->new_recipe, err);
}

/* Both, or neither: a recipe whose picture cannot be put beside it is taken away again. */
static gb_status move_new(const saved *f, bool *exists, gb_error *err) {
    *exists = folder_has(f->picture) && *f->new_picture;
    if (*exists) return state(err, GB_BAD_ARGUMENT, "%s: already exists", f->picture);
    if (folder_move_new(f->new_recipe, f->recipe, exists, err) || !*f->new_picture) return err->status;
    if (folder_move_new(f->new_picture, f->picture, exists, err)) folder_remove(f->recipe);
    return err->status;
}

static gb_status move_saved(const saved *f, bool replace, gb_error *err) {
    bool exists;
    if (!replace)
        return move_new(f, &exists, err) && exists ? state(err, GB_BAD_ARGUMENT, "'%s' already exists", f->name) : err->status;
    if (!folder_move(f->new_recipe, f->recipe, err) && *f->new_picture) folder_move(f->new_picture, f->picture, err);
    return err->status;
}

static gb_status move_to_next(const live *s, saved *f, gb_error *err) {
    char name[32];
    for (int i = 1; i <= MAX_NUMBER; i++) {
        bool exists;
        snprintf(name, sizeof name, "picture-%04d", i);
        if (name_saved(s, name, f, err)) return err->status;
        if (folder_has(f->recipe) || folder_has(f->picture)) continue;
        if (!move_new(f, &exists, err) || !exists) return err->status;
        *err = (gb_error){0};
    }
    return state(err, GB_BAD_ARGUMENT, "picture-0001 to picture-%d all exist; choose a name", (int)MAX_NUMBER);
}

/* Tabs take turns at naming, so that the recipe and the picture of one name are of one tab. Other programs cannot be made to
 * wait, but nothing of theirs is replaced either. */
static gb_status name_and_move(live *s, const message *m, saved *f, gb_error *err) {
    pthread_mutex_lock(&s->shared->clients.naming);
    if (*m->name) move_saved(f, m->replace, err);
    else move_to_next(s, f, err);
    pthread_mutex_unlock(&s->shared->clients.naming);
    return err->status;
}

gb_status handle_save(live *s, const message *m, outgoing *p, gb_error *err) {
    saved f = {0};
    json_t *fields;
    if (name_saved(s, *m->name ? m->name : "picture", &f, err)) return err->status;
    if (*m->name && !m->replace && (folder_has(f.recipe) || (m->png && folder_has(f.picture))))
        return state(err, GB_BAD_ARGUMENT, "'%s' already exists", f.name);
    if (write_saved(s, m, &f, err) || name_and_move(s, m, &f, err)) {
        if (*f.new_recipe) folder_remove(f.new_recipe);
        if (*f.new_picture) folder_remove(f.new_picture);
        return err->status;
    }
    fields = json_pack("{s:s+}", "recipe", f.name, ".yaml");
    if (m->png) set_json(&fields, "picture", json_pack("s+", f.name, ".png"));
    return pack_answer(m->id, fields, p, err);
}

/* ------------------------------------------------------------------------------------------------ opening */

static gb_status list_names(const live *s, const char *ext, json_t **names, gb_error *err) {
    return folder_list(s->shared->out, ext, MAX_LISTED, names, err);
}

gb_status handle_files(live *s, const message *m, outgoing *p, gb_error *err) {
    json_t *recipes = NULL, *pictures = NULL, *banks, *beside;
    if (!list_names(s, ".yaml", &recipes, err) && !list_names(s, ".png", &pictures, err) && !list_banks(s, &banks, &beside, err))
        return pack_answer(m->id, json_pack("{s:o, s:o, s:o, s:o}", "recipes", recipes, "pictures", pictures, "banks", banks,
                                            "beside", beside), p, err);
    json_decref(recipes);
    json_decref(pictures);
    return err->status;
}

/* Whether a recipe parses and says its inputs. Fails only for want of memory. */
static gb_status says_inputs(const char *text, bool *says, gb_error *err) {
    gb_recipe *recipe;
    const char *name, *value;
    gb_error why = {0};
    *says = false;
    if (gb_recipe_parse(text, strlen(text), "recipe", &recipe, &why))
        return why.status == GB_NO_MEMORY ? state(err, why.status, "%s", why.message) : GB_OK;
    *says = gb_recipe_input_at(recipe, 0, &name, &value);
    gb_recipe_free(recipe);
    return GB_OK;
}

/* Whether the recipe of a picture still means the same: the files that it names are in the output folder, with the contents that
 * the picture has of them. */
static gb_status has_its_files(const live *s, const char *path, const char *text, bool *has, gb_error *err) {
    char *whole = NULL;
    gb_recipe *recipe = NULL;
    gb_error why = {0};
    const char *now;
    *has = true;
    if (!picture_text(path, "Recipe with files", &whole, &why)) {
        *has = !gb_recipe_parse(text, strlen(text), s->recipe_name, &recipe, &why);
        if (*has) gb_recipe_confine(recipe);
        *has = *has && !gb_recipe_embed(recipe, &now, &why) && !strcmp(now, whole);
    }
    gb_recipe_free(recipe);
    free(whole);
    return why.status == GB_NO_MEMORY ? state(err, why.status, "%s", why.message) : GB_OK;
}

/* A recipe that the studio wrote is complete and is returned as it is; for other pictures, and if files that it names are missing, one
 * is made. */
static gb_status read_picture(const live *s, const char *path, json_t **text, gb_error *err) {
    char *recipe = NULL;
    gb_error why = {0};
    bool complete = false;
    if (folder_check(path, err)) return err->status;
    if (picture_text(path, "Recipe", &recipe, &why)) {
        if (why.status != GB_BAD_FILE) return state(err, why.status, "%s", why.message);
    } else if (says_inputs(recipe, &complete, err) || (complete && has_its_files(s, path, recipe, &complete, err))) {
        free(recipe);
        return err->status;
    }
    if (!complete) {
        free(recipe);
        if (remake_recipe(path, &recipe, err)) return err->status;
    }
    *text = text_json(recipe);
    free(recipe);
    return GB_OK;
}

static gb_status read_saved(const char *path, json_t **text, gb_error *err) {
    char *bytes;
    size_t size;
    bool out_of_memory;
    if (folder_read(path, MAX_RECIPE, &bytes, &size, err)) return err->status;
    *text = read_utf8(bytes, size, &out_of_memory);
    free(bytes);
    if (out_of_memory) return state(err, GB_NO_MEMORY, "out of memory");
    return *text ? GB_OK : state(err, GB_BAD_FILE, "%s: is not UTF-8 text", path);
}

gb_status handle_open(live *s, const message *m, outgoing *p, gb_error *err) {
    bool picture = ends_with(m->name, ".png");
    const char *ext = picture ? ".png" : ".yaml";
    char name[PROJECT_NAME], path[PATH_ROOM];
    json_t *text = NULL;
    if (!ends_with(m->name, ext))
        return state(err, GB_BAD_ARGUMENT, "'%.80s' is neither a .yaml nor a .png file", m->name);
    snprintf(name, sizeof name, "%.*s", (int)(strlen(m->name) - strlen(ext)), m->name);
    if (strlen(m->name) - strlen(ext) != strlen(name))
        return state(err, GB_BAD_ARGUMENT, "no file '%.80s'", m->name);
    if (folder_path(path, s->shared->out, NULL, name, ext, err) ||
        (picture ? read_picture(s, path, &text, err) : read_saved(path, &text, err)))
        return err->status;
    return pack_answer(m->id, json_pack("{s:o}", "text", text), p, err);
}

gb_status handle_parse(live *s, const message *m, outgoing *p, gb_error *err) {
    gb_recipe *recipe;
    const char *text;
    json_t *tree = NULL;
    json_error_t why;
    if (gb_recipe_parse(m->text, strlen(m->text), s->recipe_name, &recipe, err)) return err->status;
    if (!gb_recipe_json(recipe, &text, err)) tree = json_read(text, strlen(text), 0, &why);
    gb_recipe_free(recipe);
    if (err->status) return err->status;
    return pack_answer(m->id, json_pack("{s:o}", "recipe", tree), p, err);
}

/* ------------------------------------------------------------------------------------------------ keeping */

/* While it is written no other connection can take the project over, or an older document could replace a newer one. */
gb_status handle_keep(live *s, const message *m, outgoing *p, gb_error *err) {
    char path[PATH_ROOM];
    if (!project_begin_writing(&s->shared->clients, s->slot))
        return state(err, GB_BAD_ARGUMENT, *s->project ? "'%s' is now open in another connection"
                                                    : "`hello` must come before `keep`", s->project);
    if (!folder_prepare(s->shared->out, "studio", err) &&
        !folder_path(path, s->shared->out, "studio", s->project, ".json", err) &&
        !folder_replace(s->shared->out, path, m->document, strlen(m->document), err) && m->portrait)
        keep_work_picture(s, m->portrait);
    project_end_writing(&s->shared->clients, s->slot);
    return err->status ? err->status : pack_answer(m->id, json_object(), p, err);
}
