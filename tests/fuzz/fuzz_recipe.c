/* Recipes: YAML, the checked tree, and the schema of both forms; then its JSON, which must be a recipe with the same
 * JSON, and every named parameter at its ends. */
#include <math.h>

#include "engine/ganbend.h"
#include "fuzz.h"

static void check_message(const gb_error *err) {
    if (!err->status || !err->message[0] || strchr(err->message, '\n'))
        abort();
}

static void check_json(gb_recipe *recipe) {
    gb_error err = {0};
    gb_recipe *back = NULL;
    const char *json, *again;
    if (gb_recipe_json(recipe, &json, &err)) {
        check_message(&err);
        return;
    }
    if (gb_recipe_parse(json, strlen(json), "recipe.json", &back, &err) || gb_recipe_json(back, &again, &err) ||
        strcmp(json, again))
        abort();
    gb_recipe_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_error err = {0};
    gb_recipe *recipe = NULL;
    gb_recipe_param param;
    if (gb_recipe_parse((const char *)data, size, "recipe.yaml", &recipe, &err)) {
        check_message(&err);
        return 0;
    }
    check_json(recipe);
    for (size_t i = 0; gb_recipe_param_at(recipe, i, &param); i++) {
        if (!(param.low <= param.value && param.value <= param.high))
            abort();
        if (gb_recipe_set(recipe, param.name, param.low, &err) || gb_recipe_set(recipe, param.name, param.high, &err))
            abort();
        if (!gb_recipe_set(recipe, param.name, NAN, &err))
            abort();
    }
    gb_recipe_free(recipe);
    return 0;
}
