/* Directions in a latent space: which one, how far, at which layers. They are in a file, or in the recipe's `directions`. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

enum { MAX_WIDTH = 1 << 16, MAX_LAYER = 63 };

static gb_status read_layers(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    const int *list = NULL;
    int count = 1;
    gb_recipe_place *places = NULL;
    gb_status status = node ? gb_recipe_ranges(recipe, node, "layers", MAX_LAYER, &list, &count, err) : GB_OK;
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

/* ------------------------------------------------------------------------------------------------ in the recipe */

static gb_status read_vector(gb_recipe *recipe, const gb_yaml *list, const char *name, gb_direction *d, gb_error *err) {
    float *values = NULL;
    double number = 0;
    if (list->kind != GB_YAML_LIST || list->count < 1 || list->count > MAX_WIDTH)
        return gb_recipe_fail(recipe, list, err, "direction '%.64s': expected a list of 1 to %d numbers", name, (int)MAX_WIDTH);
    gb_status status = gb_recipe_alloc(recipe, (size_t)list->count * sizeof *values, (void **)&values, err);
    d->vector = values;
    d->width = list->count;
    for (const gb_yaml *item = list->first; item && !status; item = item->next) {
        status = gb_recipe_number(recipe, item, "the value", -1e30, 1e30, &number, err);
        *values++ = (float)number;
    }
    return status;
}

static gb_status read_space(const gb_recipe *recipe, const gb_yaml *node, gb_direction *d, gb_error *err) {
    const char *space;
    gb_status status = gb_recipe_text(recipe, node, "space", &space, err);
    if (status)
        return status;
    d->space = !strcmp(space, "z") ? GB_LATENT_Z : GB_LATENT_W;
    return !strcmp(space, "z") || !strcmp(space, "w") ? GB_OK
                                                      : gb_recipe_fail(recipe, node, err, "space: '%.64s' is not w or z", space);
}

/* NAME: its numbers, or {vector, deviation, layers, space}. */
static gb_status read_own(gb_recipe *recipe, const gb_yaml *key, gb_error *err) {
    static const char *const keys[] = {"vector", "deviation", "layers", "space", NULL};
    const gb_yaml *map = key->value, *vector = map, *deviation = NULL, *layers = NULL, *space = NULL;
    gb_direction d = {.name = key->text, .deviation = 1, .last_layer = -1};
    gb_error why = {0};
    double number = 1;
    gb_status status = GB_OK;
    if (map->kind == GB_YAML_MAP) {
        status = gb_recipe_keys(recipe, map, keys, err);
        vector = gb_yaml_get(map, "vector");
        deviation = gb_yaml_get(map, "deviation");
        layers = gb_yaml_get(map, "layers");
        space = gb_yaml_get(map, "space");
    }
    if (!status && !vector)
        status = gb_recipe_fail(recipe, map, err, "direction '%.64s': the vector is missing", key->text);
    if (!status)
        status = read_vector(recipe, vector, key->text, &d, err);
    if (!status && deviation)
        status = gb_recipe_number(recipe, deviation, "deviation", 1e-30, 1e30, &number, err);
    d.deviation = (float)number;
    if (!status && space)
        status = read_space(recipe, space, &d, err);
    if (!status && layers) {
        const int *list;
        int count;
        status = gb_recipe_ranges(recipe, layers, "layers", MAX_LAYER, &list, &count, err);
        if (!status && list[count - 1] - list[0] + 1 != count)
            status = gb_recipe_fail(recipe, layers, err, "layers: a direction has one range of layers");
        if (!status) {
            d.first_layer = list[0];
            d.last_layer = list[count - 1];
        }
    }
    if (!status && gb_directions_add(recipe->own_directions, &d, &why))
        status = why.status == GB_NO_MEMORY ? gb_fail(err, GB_NO_MEMORY, "%s: out of memory", recipe->name)
                                            : gb_recipe_fail(recipe, key, err, "%s", why.message);
    return status;
}

gb_status gb_recipe_read_directions(gb_recipe *recipe, const gb_yaml *node, gb_error *err) {
    if (node->kind != GB_YAML_MAP)
        return gb_recipe_text(recipe, node, "directions", &recipe->directions, err);
    gb_status status = gb_directions_new(&recipe->own_directions, err);
    for (const gb_yaml *key = node->first; key && !status; key = key->next)
        status = read_own(recipe, key, err);
    return status;
}

/* ------------------------------------------------------------------------------------------------ finding one */

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

gb_status gb_recipe_directions_file(const gb_recipe *recipe, const char *file, gb_directions **all, gb_error *err) {
    char *path;
    gb_status status = gb_recipe_path(recipe, file, &path, err);
    if (status)
        return status;
    status = gb_directions_open(path, all, err);
    free(path);
    return status;
}

gb_status gb_recipe_direction_find(const char *file, const gb_directions *all, const char *name, gb_direction *found,
                                   gb_error *err) {
    size_t index;
    if (!gb_directions_find(all, name, &index))
        return no_direction(file, name, all, err);
    gb_directions_at(all, index, found);
    return GB_OK;
}

gb_status gb_recipe_direction_open(const gb_recipe *recipe, gb_recipe_direction *direction, gb_error *err) {
    const char *file = direction->file ? direction->file : recipe->directions;
    const gb_directions *all = file ? NULL : recipe->own_directions;
    gb_directions *opened = NULL;
    gb_direction found;
    gb_status status = GB_OK;
    if (direction->vector)
        return GB_OK;
    if (!file && !all)
        return gb_fail(err, GB_BAD_ARGUMENT, "there are no directions: name a file of them, or write them, under 'directions' at the "
                                             "top of the recipe, or name a file with 'file'");
    if (file) {
        status = gb_recipe_directions_file(recipe, file, &opened, err);
        all = opened;
    }
    if (!status)
        status = gb_recipe_direction_find(file ? file : "the recipe", all, direction->name, &found, err);
    if (!status)
        status = take(direction, &found, err);
    gb_directions_free(opened);
    return status;
}
