/* network-bending's files (Broad, Leymarie, Grierson 2020): a list `transforms`, each with the keys layer, transform,
 * params, features and feature-param. They have the same meaning as there: layer 0 is the first convolution, which that
 * code never bends; layer k is the k-th convolution after it, bent behind its activation; affine transforms sample as
 * OpenCV does, and a threshold is strict. */
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

static const struct transform {
    const char *name;
    int params;
} transforms[] = {
    {"ablate", 0}, {"invert", 0}, {"scalar-multiply", 1}, {"translate", 2}, {"rotate", 1}, {"scale", 1}, {"erode", 1},
    {"dilate", 1}, {"binary-thresh", 1}, {"flip-h", 0}, {"flip-v", 0},
};

enum { TRANSFORMS = sizeof transforms / sizeof *transforms };

/* ------------------------------------------------------------------------------------------------ one transform */

static gb_status find_transform(const gb_recipe *recipe, const gb_yaml *node, const struct transform **found,
                                gb_error *err) {
    const char *name;
    gb_status status = gb_recipe_text(recipe, node, "transform", &name, err);
    if (status)
        return status;
    gb_spelling spelling = gb_spelling_of(name);
    for (int i = 0; i < TRANSFORMS; i++) {
        gb_spelling_consider(&spelling, transforms[i].name);
        *found = &transforms[i];
        if (!strcmp(name, transforms[i].name))
            return GB_OK;
    }
    if (!strcmp(name, "resize"))
        return gb_recipe_fail(recipe, node, err,
                              "'resize' changes the size of the maps, which later layers cannot take; use the filter "
                              "resize-crop under 'bends'");
    if (spelling.nearest)
        return gb_recipe_fail(recipe, node, err, "there is no transform '%.64s'; the nearest is '%s'", name,
                              spelling.nearest);
    return gb_recipe_fail(recipe, node, err,
                          "network-bending has no transform '%.64s'; all filters can be used under 'bends'",
                          name);
}

static gb_status read_params(gb_recipe *recipe, const gb_yaml *map, const struct transform *transform,
                             gb_recipe_step *step, gb_error *err) {
    const gb_yaml *params = gb_yaml_get(map, "params");
    const gb_filter *filter = gb_filter_find(transform->name);
    int given = params && !gb_yaml_is_null(params) ? params->count : 0;
    step->kind = GB_STEP_FILTER;
    step->filter = filter;
    step->param_count = filter->params;
    for (int i = 0; i < filter->params; i++) {
        step->param_value[i] = (gb_param_value){(double)filter->param[i].default_value, -1};
        if (!strcmp(filter->param[i].name, "sampling"))
            step->param_value[i].value = 0;        /* opencv, the first of the choices */
    }
    if (given != transform->params)
        return gb_recipe_fail(recipe, params ? params : map, err, "%d params, but %s takes %d", given, transform->name,
                              transform->params);
    return given ? gb_recipe_read_params(recipe, params, transform->name, filter->param, transform->params, step, err)
                 : GB_OK;
}

static gb_status read_features(gb_recipe *recipe, const gb_yaml *map, int place, gb_recipe_features *features,
                               gb_error *err) {
    const gb_yaml *node = gb_yaml_get(map, "features"), *param = gb_yaml_get(map, "feature-param");
    const char *kind = "all";
    gb_status status = node ? gb_recipe_text(recipe, node, "features", &kind, err) : GB_OK;
    if (status || !strcmp(kind, "all"))
        return status;
    bool random = !strcmp(kind, "random");
    if (!random && strcmp(kind, "cluster"))
        return gb_recipe_fail(recipe, node, err, "features is '%.64s'; expected all, random or cluster", kind);
    if (!param || gb_yaml_is_null(param))
        return gb_recipe_fail(recipe, node, err, "'%s' needs a feature-param: %s", kind,
                              random ? "the share of the features" : "the number of the cluster");
    if (random) {
        features->kind = GB_CHOOSE_RANDOM;
        features->seed = (uint64_t)place;
        return gb_recipe_number(recipe, param, "feature-param", 0, 1, &features->share, err);
    }
    features->kind = GB_CHOOSE_CLUSTER;
    return gb_recipe_ranges(recipe, param, "feature-param", UINT16_MAX, &features->list, &features->count, err);
}

static gb_status read_transform(gb_recipe *recipe, const gb_yaml *map, int place, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"layer", "transform", "params", "features", "feature-param", NULL};
    const struct transform *transform = NULL;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    const gb_yaml *layer = status ? NULL : gb_yaml_get(map, "layer"),
                  *name = status ? NULL : gb_yaml_get(map, "transform");
    if (!status && (!layer || !name))
        status = gb_recipe_fail(recipe, map, err, "'%s' is missing", layer ? "transform" : "layer");
    int64_t number = 0;
    if (!status)
        status = gb_recipe_integer(recipe, layer, "layer", 0, 1 << 16, &number, err);
    if (!status)
        status = find_transform(recipe, name, &transform, err);
    if (!status)
        status = read_params(recipe, map, transform, step, err);
    gb_recipe_place *places = NULL;
    if (!status)
        status = gb_recipe_alloc(recipe, sizeof *places, (void **)&places, err);
    if (status)
        return status;
    *places = (gb_recipe_place){.kind = GB_AT_LAYER, .number = (int)number, .line = layer->line, .column = layer->column};
    step->line = map->line;
    step->column = map->column;
    step->places = places;
    step->place_count = 1;
    return read_features(recipe, map, place, &step->features, err);
}

gb_status gb_recipe_read_transforms(gb_recipe *recipe, const gb_yaml *list, gb_error *err) {
    char what[80];
    if (list->kind != GB_YAML_LIST || list->count > GB_RECIPE_MAX_STEPS)
        return gb_recipe_fail(recipe, list, err, "transforms is %s; expected a list of at most %d",
                              list->kind == GB_YAML_LIST ? "too long" : gb_yaml_describe(list, what, sizeof what),
                              GB_RECIPE_MAX_STEPS);
    gb_status status = gb_recipe_alloc(recipe, (size_t)list->count * sizeof *recipe->steps, (void **)&recipe->steps,
                                       err);
    for (const gb_yaml *item = list->first; item && !status; item = item->next, recipe->step_count++)
        status = read_transform(recipe, item, recipe->step_count, &recipe->steps[recipe->step_count], err);
    return status;
}
