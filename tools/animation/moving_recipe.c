/* Recipes with modulators. */
#include "moving_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "tools/program/json_output.h"

/* NULL with the reason in err. */
static json_t *tree_of(gb_recipe *recipe, gb_error *err) {
    const char *text;
    json_t *tree;
    if (gb_recipe_json(recipe, &text, err)) return NULL;
    json_forget();
    tree = json_loads(text, 0, NULL);
    if (tree && !json_out_of_memory()) return tree;
    json_decref(tree);
    state(err, GB_NO_MEMORY, "out of memory");
    return NULL;
}

gb_status moving_recipe_of(gb_recipe *recipe, moving_recipe *m, gb_error *err) {
    json_t *tree = tree_of(recipe, err), *modulators, *item, *tempo;
    size_t index;
    *m = (moving_recipe){0};
    if (!tree) return err->status;
    modulators = json_object_get(tree, "modulators");
    m->moves = json_array_size(modulators) > 0;
    m->time = json_number_value(json_object_get(tree, "time"));
    m->beat = json_number_value(json_object_get(tree, "beat"));
    m->has_beat = json_object_get(tree, "beat") != NULL;
    tempo = json_object_get(tree, "tempo");
    m->tempo = tempo ? json_number_value(tempo) : 120;
    json_array_foreach(modulators, index, item) {
        const char *move = json_string_value(json_object_get(item, "move"));
        m->moves_inputs |= move && !strchr(move, '/');
    }
    json_decref(tree);
    return GB_OK;
}

gb_status moving_recipe_at(const moving_recipe *m, gb_recipe *recipe, double seconds, char **text, gb_error *err) {
    json_t *tree = tree_of(recipe, err);
    *text = NULL;
    if (!tree) return err->status;
    json_object_set_new(tree, "time", json_real(m->time + seconds));
    if (m->has_beat) json_object_set_new(tree, "beat", json_real(m->beat + seconds * m->tempo / 60));
    *text = json_write(tree, 0);
    json_decref(tree);
    if (*text && !json_out_of_memory()) return GB_OK;
    free(*text);
    *text = NULL;
    return state(err, GB_NO_MEMORY, "out of memory");
}
