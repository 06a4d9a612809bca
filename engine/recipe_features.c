/* Which of a boundary's feature maps a bend takes: all, some by number, a random share, or clusters out of a file as
 * network-bending writes it: layer number → list of {feature_index, cluster_index}. A node's name can stand in place of
 * the number. Other keys of such files are not looked at. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "recipe.h"

enum { MOST_FEATURE = UINT16_MAX };

/* ------------------------------------------------------------------------------------------------ reading */

static gb_status read_random(gb_recipe *recipe, const gb_yaml *map, int place, gb_pick *pick, gb_error *err) {
    static const char *const keys[] = {"random", "seed", NULL};
    const gb_yaml *seed = gb_yaml_get(map, "seed");
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    pick->kind = GB_PICK_RANDOM;
    pick->seed = (uint64_t)place;       /* two bends of a recipe draw differently */
    if (!status)
        status = gb_recipe_number(recipe, gb_yaml_get(map, "random"), "random", 0, 1, &pick->share, err);
    return status || !seed ? status : gb_recipe_seed(recipe, seed, &pick->seed, err);
}

static gb_status read_cluster(gb_recipe *recipe, const gb_yaml *map, gb_pick *pick, gb_error *err) {
    static const char *const keys[] = {"cluster", "file", NULL};
    const gb_yaml *file = gb_yaml_get(map, "file");
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    pick->kind = GB_PICK_CLUSTER;
    if (!status)
        status = gb_recipe_ranges(recipe, gb_yaml_get(map, "cluster"), "cluster", MOST_FEATURE, &pick->list,
                                  &pick->count, err);
    return status || !file ? status : gb_recipe_text(recipe, file, "file", &pick->file, err);
}

gb_status gb_recipe_read_pick(gb_recipe *recipe, const gb_yaml *node, int place, gb_pick *pick, gb_error *err) {
    if (node->kind == GB_YAML_MAP && gb_yaml_get(node, "random"))
        return read_random(recipe, node, place, pick, err);
    if (node->kind == GB_YAML_MAP && gb_yaml_get(node, "cluster"))
        return read_cluster(recipe, node, pick, err);
    if (node->kind == GB_YAML_MAP)
        return gb_recipe_fail(recipe, node, err, "features: {random: share} or {cluster: number} are possible");
    if (node->kind == GB_YAML_SCALAR && !strcmp(node->text, "all"))
        return GB_OK;
    pick->kind = GB_PICK_LIST;
    return gb_recipe_ranges(recipe, node, "features", MOST_FEATURE, &pick->list, &pick->count, err);
}

/* ------------------------------------------------------------------------------------------------ clusters */

static gb_status read_clusters(const char *path, gb_clusters *clusters, gb_error *err) {
    gb_map map;
    gb_status status = gb_map_open(path, &map, err);
    if (status)
        return status;
    gb_error why = {0};
    gb_clusters c = {.arena = gb_arena_new(gb_arena_limit_for(map.size))};
    if (c.arena)
        c.name = gb_arena_text(c.arena, path, strlen(path));
    if (!c.name)
        gb_fail(&why, GB_NO_MEMORY, "%s: out of memory", path);
    else if ((c.tree = gb_yaml_parse(c.arena, map.bytes, map.size, path, &why)) && c.tree->kind != GB_YAML_MAP)
        gb_fail(&why, GB_BAD_FILE, "%s:%d:%d: no cluster file: layer numbers with a list of features each are wanted",
                path, c.tree->line, c.tree->column);
    gb_map_close(&map);
    if (why.status) {
        gb_clusters_close(&c);
        return gb_fail(err, why.status, "%s", why.message);
    }
    *clusters = c;
    return GB_OK;
}

gb_status gb_recipe_clusters(gb_recipe *recipe, const char *path, gb_error *err) {
    gb_clusters clusters;
    gb_status status = read_clusters(path, &clusters, err);
    if (status)
        return status;
    gb_clusters_close(&recipe->given);
    recipe->given = clusters;
    return GB_OK;
}

/* The list of the layer that `node` is. */
static const gb_yaml *layer_of(const gb_yaml *tree, const gb_graph *graph, gb_node node) {
    int layer = gb_layer_number(graph, node);
    for (const gb_yaml *key = tree->first; key; key = key->next) {
        int64_t number;
        if (gb_yaml_whole(key, 0, INT32_MAX, &number) ? number == layer : gb_graph_find(graph, key->text) == node)
            return key->value;
    }
    return NULL;
}

static gb_status wrong_item(const char *file, const gb_yaml *item, gb_error *err) {
    return gb_fail(err, GB_BAD_FILE, "%s:%d:%d: 'feature_index' and 'cluster_index' with whole numbers are wanted",
                   file, item->line, item->column);
}

static bool has(const gb_pick *pick, int64_t cluster) {
    for (int i = 0; i < pick->count; i++)
        if (pick->list[i] == cluster)
            return true;
    return false;
}

static gb_status take_features(const gb_pick *pick, const gb_yaml *items, const char *file, const gb_graph_node *node,
                               int *list, int *count, gb_error *err) {
    int64_t feature, cluster, last = -1;
    for (const gb_yaml *item = items->first; item; item = item->next) {
        const gb_yaml *f = gb_yaml_get(item, "feature_index"), *c = gb_yaml_get(item, "cluster_index");
        if (!f || !c || !gb_yaml_whole(f, 0, MOST_FEATURE, &feature) || !gb_yaml_whole(c, 0, MOST_FEATURE, &cluster))
            return wrong_item(file, item, err);
        if (feature >= node->shape[0])
            return gb_fail(err, GB_BAD_FILE, "%s:%d:%d: feature %lld, but '%s' has 0 to %lld: the clusters are another "
                                             "network's", file, f->line, f->column, (long long)feature, node->name,
                           (long long)node->shape[0] - 1);
        last = cluster > last ? cluster : last;
        if (has(pick, cluster))
            list[(*count)++] = (int)feature;
    }
    return *count
               ? GB_OK
               : gb_fail(err, GB_BAD_ARGUMENT, "%s: no feature of '%s' is in that cluster; its clusters are 0 to %lld",
                         file, node->name, (long long)last);
}

gb_status gb_clusters_of(const gb_clusters *clusters, const gb_pick *pick, const gb_graph *graph, gb_node node,
                         int **list, int *count, gb_error *err) {
    const gb_graph_node *n = &graph->nodes[node];
    const gb_yaml *items = layer_of(clusters->tree, graph, node);
    *list = NULL;
    *count = 0;
    if (!items)
        return GB_OK;
    if (items->kind != GB_YAML_LIST)
        return gb_fail(err, GB_BAD_FILE, "%s:%d:%d: a list of features with their clusters is wanted", clusters->name,
                       items->line, items->column);
    *list = malloc(((size_t)items->count + 1) * sizeof **list);
    if (!*list)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = take_features(pick, items, clusters->name, n, *list, count, err);
    if (status) {
        free(*list);
        *list = NULL;
    }
    return status;
}

gb_status gb_clusters_open(const gb_recipe *recipe, const gb_pick *pick, gb_clusters *clusters, gb_error *err) {
    const char *file = pick->file ? pick->file : recipe->clusters;
    *clusters = (gb_clusters){.tree = recipe->given.tree, .name = recipe->given.name};
    if (!pick->file && clusters->tree)
        return GB_OK;
    if (!file)
        return gb_fail(err, GB_BAD_ARGUMENT, "clusters are named, but no file of them: 'clusters: FILE' at the top, or "
                                             "--clusters FILE");
    char *path;
    gb_status status = gb_recipe_path(recipe, file, &path, err);
    if (status)
        return status;
    status = read_clusters(path, clusters, err);
    free(path);
    return status;
}

void gb_clusters_close(gb_clusters *clusters) {
    gb_arena_free(clusters->arena);
    *clusters = (gb_clusters){0};
}
