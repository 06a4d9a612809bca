/* What the image is made from, at the top of a recipe: `inputs`, in the words of render's options. The engine checks the
 * form of the values and keeps them as they are written; the program that renders knows what to do with them. */
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "engine/base/spelling.h"

typedef enum input_form { TEXT, NUMBER, WHOLE, RNG } input_form;

static const struct input_row {
    const char *name;
    input_form form;
} rows[] = {
    {"seeds", TEXT}, {"rng", RNG}, {"class", TEXT}, {"trunc", NUMBER}, {"cutoff", WHOLE}, {"noise", TEXT},
};

enum { ROWS = sizeof rows / sizeof *rows, MOST_CUTOFF = 1000 };
_Static_assert((int)ROWS <= (int)GB_RECIPE_INPUTS, "a recipe has room for every input");

static gb_status read_rng(const gb_recipe *recipe, const gb_yaml *node, gb_error *err) {
    static const char *const names[] = {"numpy", "torch", "truncnorm"};
    gb_spelling spelling = gb_spelling_of(node->text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gb_spelling_consider(&spelling, names[i]);
        if (!strcmp(node->text, names[i]))
            return GB_OK;
    }
    return gb_recipe_fail(recipe, node, err, "rng is '%.64s'; it takes numpy, torch or truncnorm%s%s%s", node->text,
                          spelling.nearest ? ", and the nearest is '" : "", spelling.nearest ? spelling.nearest : "",
                          spelling.nearest ? "'" : "");
}

static gb_status read_input(gb_recipe *recipe, const struct input_row *row, const gb_yaml *node, gb_error *err) {
    double number;
    int64_t whole;
    gb_recipe_input *input = &recipe->inputs[recipe->input_count++];
    input->name = row->name;
    gb_status status = gb_recipe_text(recipe, node, row->name, &input->text, err);
    if (status)
        return status;
    switch (row->form) {
    case NUMBER:
        return gb_recipe_number(recipe, node, row->name, -1e30, 1e30, &number, err);
    case WHOLE:
        return gb_recipe_whole(recipe, node, row->name, 0, MOST_CUTOFF, &whole, err);
    case RNG:
        return read_rng(recipe, node, err);
    case TEXT:
        break;
    }
    return GB_OK;
}

gb_status gb_recipe_read_inputs(gb_recipe *recipe, const gb_yaml *map, gb_error *err) {
    const char *keys[ROWS + 1] = {NULL};
    for (int i = 0; i < ROWS; i++)
        keys[i] = rows[i].name;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    for (int i = 0; i < ROWS && !status; i++) {
        const gb_yaml *node = gb_yaml_get(map, rows[i].name);
        status = node ? read_input(recipe, &rows[i], node, err) : GB_OK;
    }
    return status;
}

bool gb_recipe_input_at(const gb_recipe *recipe, size_t index, const char **name, const char **text) {
    if (index >= (size_t)recipe->input_count)
        return false;
    *name = recipe->inputs[index].name;
    *text = recipe->inputs[index].text;
    return true;
}
