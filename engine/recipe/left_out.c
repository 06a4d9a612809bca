/* The recipe functions of ganbend.h in builds with GANBEND_RECIPES=OFF: none can be opened. */
#include "engine/base/error.h"

static gb_status left_out(gb_error *err) {
    return gb_fail(err, GB_BAD_ARGUMENT, "this build of ganbend has no recipes; configure it with -DGANBEND_RECIPES=ON");
}

gb_status gb_recipe_open(const char *path, gb_recipe **recipe, gb_error *err) {
    (void)path;
    *recipe = NULL;
    return left_out(err);
}

gb_status gb_recipe_parse(const char *text, size_t size, const char *name, gb_recipe **recipe, gb_error *err) {
    (void)text;
    (void)size;
    (void)name;
    *recipe = NULL;
    return left_out(err);
}

void gb_recipe_free(gb_recipe *recipe) {
    (void)recipe;
}

gb_status gb_recipe_set_clusters(gb_recipe *recipe, const char *path, gb_error *err) {
    (void)recipe;
    (void)path;
    return left_out(err);
}

bool gb_recipe_param_at(const gb_recipe *recipe, size_t index, gb_recipe_param *param) {
    (void)recipe;
    (void)index;
    (void)param;
    return false;
}

gb_status gb_recipe_set(gb_recipe *recipe, const char *name, double value, gb_error *err) {
    (void)recipe;
    (void)name;
    (void)value;
    return left_out(err);
}

bool gb_recipe_input_at(const gb_recipe *recipe, size_t index, const char **name, const char **text) {
    (void)recipe;
    (void)index;
    (void)name;
    (void)text;
    return false;
}

gb_status gb_recipe_json(gb_recipe *recipe, const char **text, gb_error *err) {
    (void)recipe;
    *text = NULL;
    return left_out(err);
}

gb_status gb_recipe_embed(gb_recipe *recipe, const char **text, gb_error *err) {
    return gb_recipe_json(recipe, text, err);
}

void gb_recipe_confine(gb_recipe *recipe) {
    (void)recipe;
}

gb_status gb_recipe_apply(gb_recipe *recipe, gb_session *session, gb_error *err) {
    (void)recipe;
    (void)session;
    return left_out(err);
}

gb_status gb_recipe_update(gb_recipe *recipe, gb_session *session, gb_error *err) {
    (void)recipe;
    (void)session;
    return left_out(err);
}

gb_status gb_recipe_describe(const gb_recipe *recipe, gb_model *model, void (*line)(void *arg, const char *text),
                             void *arg, gb_error *err) {
    (void)recipe;
    (void)model;
    (void)line;
    (void)arg;
    return left_out(err);
}

bool gb_recipe_painted(const gb_recipe *recipe, const gb_session *session, size_t index, gb_painted *painted) {
    (void)recipe;
    (void)session;
    (void)index;
    *painted = (gb_painted){.node = GB_NO_NODE, .name = ""};
    return false;
}

const char *gb_recipe_vector_name(const gb_recipe *recipe, int step, int vector) {
    (void)recipe;
    (void)step;
    (void)vector;
    return NULL;
}
