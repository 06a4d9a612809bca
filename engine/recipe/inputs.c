/* The `inputs` of a recipe, named like the options of `ganbend render`. The engine checks the form of the values and
 * keeps them as text; the program that renders interprets them. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

typedef enum input_form { TEXT, NUMBER, INTEGER, CHOICE, NUMBERS } input_form;

static const char *const rngs[] = {"numpy", "torch", "truncnorm", NULL}, *const spaces[] = {"z", "w", NULL};

static const struct input_row {
    const char *name;
    input_form form;
    int64_t low, high;          /* of INTEGER */
    const char *const *choices;
} rows[] = {
    {"seeds", TEXT, 0, 0, NULL},
    {"rng", CHOICE, 0, 0, rngs},
    {"z", NUMBERS, 0, 0, NULL},
    {"w", NUMBERS, 0, 0, NULL},
    {"class", TEXT, 0, 0, NULL},
    {"steps", INTEGER, 2, 100000, NULL},
    {"space", CHOICE, 0, 0, spaces},
    {"image", INTEGER, 1, INT32_MAX, NULL},
    {"trunc", NUMBER, 0, 0, NULL},
    {"cutoff", INTEGER, 0, 1000, NULL},
    {"noise", TEXT, 0, 0, NULL},
    {"redraw", INTEGER, 0, UINT32_MAX, NULL},
};

enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert((int)ROWS <= (int)GB_RECIPE_MAX_INPUTS, "a recipe has room for every input");

static gb_status read_choice(const gb_recipe *recipe, const struct input_row *row, const gb_yaml *node, gb_error *err) {
    gb_spelling spelling = gb_spelling_of(node->text);
    char list[64] = "";
    for (const char *const *choice = row->choices; *choice; choice++) {
        size_t used = strlen(list);
        gb_spelling_consider(&spelling, *choice);
        if (!strcmp(node->text, *choice))
            return GB_OK;
        snprintf(list + used, sizeof list - used, "%s%s", !used ? "" : choice[1] ? ", " : " or ", *choice);
    }
    return gb_recipe_fail(recipe, node, err, "%s is '%.64s'; expected %s%s%s%s", row->name, node->text, list,
                          spelling.nearest ? "; the nearest is '" : "", spelling.nearest ? spelling.nearest : "",
                          spelling.nearest ? "'" : "");
}

/* Writes a list of numbers, or of lists of them, as "[1, 2.5]"; only counts the bytes if `to` is NULL. */
static gb_status write_numbers(const gb_recipe *recipe, const struct input_row *row, const gb_yaml *node, int depth,
                               char *to, size_t *used, gb_error *err) {
    enum { MAX_DEPTH = 3 };
    double number;
    gb_status status = GB_OK;
    if (node->kind == GB_YAML_SCALAR && depth > 0) {
        status = gb_recipe_number(recipe, node, row->name, -FLT_MAX, FLT_MAX, &number, err);
        size_t length = status ? 0 : strlen(node->text);
        if (to)
            memcpy(to + *used, node->text, length);
        *used += length;
        return status;
    }
    if (node->kind != GB_YAML_LIST || depth == MAX_DEPTH)
        return gb_recipe_fail(recipe, node, err, "%s: expected a list of numbers, or of lists of them", row->name);
    const char *before = "[";
    for (const gb_yaml *item = node->first; item && !status; item = item->next, before = ", ") {
        size_t length = strlen(before);
        if (to)
            memcpy(to + *used, before, length);
        *used += length;
        status = write_numbers(recipe, row, item, depth + 1, to, used, err);
    }
    if (!status && !node->first)
        return gb_recipe_fail(recipe, node, err, "%s: the list is empty", row->name);
    if (to)
        to[*used] = ']';
    *used += 1;
    return status;
}

static gb_status read_numbers(gb_recipe *recipe, const struct input_row *row, const gb_yaml *node, const char **text,
                              gb_error *err) {
    char *numbers = NULL;
    size_t size = 0, used = 0;
    gb_status status = write_numbers(recipe, row, node, 0, NULL, &size, err);
    if (!status)
        status = gb_recipe_alloc(recipe, size + 1, (void **)&numbers, err);
    if (!status)
        status = write_numbers(recipe, row, node, 0, numbers, &used, err);
    *text = numbers;
    return status;
}

static gb_status read_input(gb_recipe *recipe, const struct input_row *row, const gb_yaml *node, gb_error *err) {
    double number;
    int64_t integer;
    gb_recipe_input *input = &recipe->inputs[recipe->input_count++];
    input->name = row->name;
    if (row->form == NUMBERS)
        return read_numbers(recipe, row, node, &input->text, err);
    gb_status status = gb_recipe_text(recipe, node, row->name, &input->text, err);
    if (status)
        return status;
    switch (row->form) {
    case NUMBER:
        return gb_recipe_number(recipe, node, row->name, -1e30, 1e30, &number, err);
    case INTEGER:
        return gb_recipe_integer(recipe, node, row->name, row->low, row->high, &integer, err);
    case CHOICE:
        return read_choice(recipe, row, node, err);
    case NUMBERS:
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
