/* Directions in a latent space: which one, how far, at which layers. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

static gb_status read_layers(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    enum { MAX_W = 63 };
    const int *list = NULL;
    int count = 1;
    gb_recipe_place *places = NULL;
    gb_status status = node ? gb_recipe_ranges(recipe, node, "layers", MAX_W, &list, &count, err) : GB_OK;
    if (!status)
        status = gb_recipe_alloc(recipe, (size_t)count * sizeof *places, (void **)&places, err);
    for (int i = 0; i < count && !status; i++)
        places[i] = (gb_recipe_place){.kind = node ? GB_AT_W : GB_AT_EVERY_W, .number = node ? list[i] : 0,
                                      .line = node ? node->line : step->line, .column = node ? node->column : step->column};
    step->places = places;
    step->place_count = status ? 0 : count;
    return status;
}

gb_status gb_recipe_read_direction(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"name", "amount", "layers", "file", NULL};
    static const gb_param amount_param = {"amount", "", 1, -1e6f, 1e6f, false, NULL};
    const gb_yaml *name = map, *amount = NULL, *layers = NULL, *file = NULL;
    gb_status status = gb_recipe_alloc(recipe, sizeof *step->direction, (void **)&step->direction, err);
    step->add = true;
    step->param_count = 1;
    step->param_value[0] = (gb_param_value){1, -1};
    if (!status && map->kind == GB_YAML_MAP) {
        status = gb_recipe_keys(recipe, map, keys, err);
        name = gb_yaml_get(map, "name");
        amount = gb_yaml_get(map, "amount");
        layers = gb_yaml_get(map, "layers");
        file = gb_yaml_get(map, "file");
    }
    if (!status && !name)
        status = gb_recipe_fail(recipe, map, err, "direction: the name is missing");
    if (!status)
        status = gb_recipe_text(recipe, name, "the direction's name", &step->direction->name, err);
    if (!status && amount)
        status = gb_recipe_read_param_value(recipe, amount, &amount_param, &step->param_value[0], err);
    if (!status && file)
        status = gb_recipe_text(recipe, file, "the direction's file", &step->direction->file, err);
    if (status)
        return status;
    step->direction->own_layers = layers != NULL;
    return read_layers(recipe, layers, step, err);
}

static gb_status no_direction(const char *file, const char *name, const gb_directions *all, gb_error *err) {
    gb_spelling spelling = gb_spelling_of(name);
    for (size_t i = 0; i < gb_directions_count(all); i++) {
        gb_direction d;
        gb_directions_at(all, i, &d);
        gb_spelling_consider(&spelling, d.name);
    }
    return spelling.nearest ? gb_fail(err, GB_BAD_ARGUMENT, "%s has no direction '%s'; the nearest is '%s'", file, name,
                                      spelling.nearest)
                            : gb_fail(err, GB_BAD_ARGUMENT, "%s has no direction '%s'", file, name);
}

static gb_status take(gb_recipe_direction *to, const gb_direction *from, gb_error *err) {
    to->vector = malloc((size_t)from->width * sizeof *to->vector);
    if (!to->vector)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int64_t i = 0; i < from->width; i++)
        to->vector[i] = from->deviation * from->vector[i];
    to->width = from->width;
    to->space = from->space;
    to->first_layer = from->first_layer;
    to->last_layer = from->last_layer;
    return GB_OK;
}

gb_status gb_recipe_direction_open(const gb_recipe *recipe, gb_recipe_direction *direction, gb_error *err) {
    const char *file = direction->file ? direction->file : recipe->directions;
    gb_directions *all = NULL;
    gb_direction found;
    char *path;
    size_t index;
    if (direction->vector)
        return GB_OK;
    if (!file)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no file of directions: name one with 'directions' at the top of the "
                                             "recipe, or with 'file'");
    gb_status status = gb_recipe_path(recipe, file, &path, err);
    if (status)
        return status;
    status = gb_directions_open(path, &all, err);
    free(path);
    if (!status && !gb_directions_find(all, direction->name, &index))
        status = no_direction(file, direction->name, all, err);
    if (!status) {
        gb_directions_at(all, index, &found);
        status = take(direction, &found, err);
    }
    gb_directions_free(all);
    return status;
}
