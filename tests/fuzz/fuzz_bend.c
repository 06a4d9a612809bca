/* Recipes, applied to a network of 8×8 pixels, rendered, moved and rendered again. They are confined to a folder that has
 * no files. */
#include "small_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *arg, const char *line) {
    *(size_t *)arg += *line != 0;
}

static void use(gb_recipe *recipe) {
    float picture[SMALL_FLOATS];
    gb_session *session = NULL;
    gb_recipe_param param;
    gb_error err = {0};
    size_t lines = 0;
    if (gb_recipe_describe(recipe, small_model(), ignore, &lines, &err))
        check_refusal(&err);
    err = (gb_error){0};
    if (gb_session_new(small_model(), &(gb_session_options){.purpose = GB_INTERACTIVE, .keep_bytes = 1 << 20}, &session, &err) ||
        gb_session_seed(session, 1, &err))
        abort();
    if (gb_recipe_apply(recipe, session, &err) || gb_session_render(session, picture, &err))
        check_refusal(&err);
    else
        for (size_t i = 0; i < 4 && gb_recipe_param_at(recipe, i, &param); i++) {
            err = (gb_error){0};
            if (gb_recipe_set(recipe, param.name, param.high, &err) || gb_recipe_update(recipe, session, &err) ||
                gb_session_render(session, picture, &err))
                check_refusal(&err);
        }
    gb_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_recipe *recipe = NULL;
    gb_error err = {0};
    if (size > 1 << 14)
        return 0;
    if (gb_recipe_parse((const char *)data, size, "/nowhere/recipe.yaml", &recipe, &err)) {
        check_refusal(&err);
        return 0;
    }
    gb_recipe_confine(recipe);
    use(recipe);
    gb_recipe_free(recipe);
    return 0;
}
