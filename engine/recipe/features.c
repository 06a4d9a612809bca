/* The feature maps on which a bend acts: all, some by number, a random share, or clusters, which clusters.c reads. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

enum { MAX_FEATURE = UINT16_MAX };

/* ------------------------------------------------------------------------------------------------ reading */

static gb_status read_random(gb_recipe *recipe, const gb_yaml *map, int place, gb_recipe_features *features,
                             gb_error *err) {
    static const char *const keys[] = {"random", "seed", NULL};
    const gb_yaml *seed = gb_yaml_get(map, "seed");
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    features->kind = GB_CHOOSE_RANDOM;
    features->seed = (uint64_t)place;       /* different for each bend of a recipe */
    if (!status)
        status = gb_recipe_number(recipe, gb_yaml_get(map, "random"), "random", 0, 1, &features->share, err);
    return status || !seed ? status : gb_recipe_seed(recipe, seed, &features->seed, err);
}

static gb_status read_cluster(gb_recipe *recipe, const gb_yaml *map, gb_recipe_features *features, gb_error *err) {
    static const char *const keys[] = {"cluster", "file", NULL};
    const gb_yaml *file = gb_yaml_get(map, "file");
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    features->kind = GB_CHOOSE_CLUSTER;
    if (!status)
        status = gb_recipe_ranges(recipe, gb_yaml_get(map, "cluster"), "cluster", MAX_FEATURE, &features->list,
                                  &features->count, err);
    return status || !file ? status : gb_recipe_text(recipe, file, "file", &features->file, err);
}

gb_status gb_recipe_read_features(gb_recipe *recipe, const gb_yaml *node, int place, gb_recipe_features *features,
                                  gb_error *err) {
    if (node->kind == GB_YAML_MAP && gb_yaml_get(node, "random"))
        return read_random(recipe, node, place, features, err);
    if (node->kind == GB_YAML_MAP && gb_yaml_get(node, "cluster"))
        return read_cluster(recipe, node, features, err);
    if (node->kind == GB_YAML_MAP)
        return gb_recipe_fail(recipe, node, err, "features: expected {random: share} or {cluster: number}");
    if (node->kind == GB_YAML_SCALAR && !strcmp(node->text, "all"))
        return GB_OK;
    features->kind = GB_CHOOSE_LIST;
    return gb_recipe_ranges(recipe, node, "features", MAX_FEATURE, &features->list, &features->count, err);
}
