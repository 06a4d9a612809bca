/* The feature maps on which a bend acts: all, some by number, a random share, or clusters. Clusters are in the recipe
 * or in a file in network-bending's format: layer number → list of {feature_index, cluster_index}; other keys are
 * ignored. The layer number may be replaced by a node's name, and the list of pairs by a list of features for each
 * cluster. */
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

/* ------------------------------------------------------------------------------------------------ clusters */

static gb_status read_clusters(const char *path, gb_clusters *clusters, gb_error *err) {
    gb_map map;
    gb_status status = gb_map_read(path, SIZE_MAX, &map, err);
    if (status)
        return status;
    gb_error why = {0};
    gb_clusters c = {.arena = gb_arena_new(gb_arena_limit_for(map.size))};
    if (c.arena)
        c.name = gb_arena_text(c.arena, path, strlen(path));
    if (!c.name)
        gb_fail(&why, GB_NO_MEMORY, "%s: out of memory", path);
    else if ((c.tree = gb_yaml_parse(c.arena, map.bytes, map.size, path, &why)) && c.tree->kind != GB_YAML_MAP)
        gb_fail(&why, GB_BAD_FILE, "%s:%d:%d: not a cluster file: expected layer numbers, each with a list of features",
                path, c.tree->line, c.tree->column);
    gb_map_close(&map);
    if (why.status) {
        gb_clusters_close(&c);
        return gb_fail(err, why.status, "%s", why.message);
    }
    *clusters = c;
    return GB_OK;
}

gb_status gb_recipe_set_clusters(gb_recipe *recipe, const char *path, gb_error *err) {
    gb_clusters clusters;
    gb_status status = read_clusters(path, &clusters, err);
    if (status)
        return status;
    gb_clusters_close(&recipe->set_clusters);
    recipe->set_clusters = clusters;
    return GB_OK;
}

int gb_layer_number(const gb_graph *graph, gb_node node) {
    const gb_node_role *layer = gb_graph_role_of(graph, node, GB_ROLE_LAYER);
    return layer ? layer->index : -1;
}

/* The list for the layer `node`, or NULL. */
static const gb_yaml *layer_of(const gb_yaml *tree, const gb_graph *graph, gb_node node) {
    int layer = gb_layer_number(graph, node);
    for (const gb_yaml *key = tree->first; key; key = key->next) {
        int64_t number;
        if (gb_yaml_integer(key, 0, INT32_MAX, &number) ? number == layer : gb_graph_find(graph, key->text) == node)
            return key->value;
    }
    return NULL;
}

typedef struct member {
    const gb_yaml *at;
    int64_t feature, cluster;
} member;

/* Reads a feature at `at`: a number in the list of cluster `place`, or a pair. */
static gb_status read_member(const char *file, const gb_yaml *item, int64_t place, const gb_yaml *at, member *m,
                             gb_error *err) {
    const gb_yaml *cluster = gb_yaml_get(at, "cluster_index");
    bool fine;
    *m = (member){.at = at, .cluster = place};
    if (item->kind == GB_YAML_LIST) {
        fine = gb_yaml_integer(at, 0, MAX_FEATURE, &m->feature);
    } else {
        m->at = gb_yaml_get(at, "feature_index");
        fine = m->at && cluster && gb_yaml_integer(m->at, 0, MAX_FEATURE, &m->feature) &&
               gb_yaml_integer(cluster, 0, MAX_FEATURE, &m->cluster);
    }
    return fine ? GB_OK
                : gb_fail(err, GB_BAD_FILE, "%s:%d:%d: expected %s", file, at->line, at->column,
                          item->kind == GB_YAML_LIST ? "the number of a feature"
                                                     : "'feature_index' and 'cluster_index' with integers");
}

static bool has(const gb_recipe_features *features, int64_t cluster) {
    for (int i = 0; i < features->count; i++)
        if (features->list[i] == cluster)
            return true;
    return false;
}

/* Calls `take` for every feature in a layer's list. An item is a pair, or the list of features of cluster `place`. */
static gb_status each_member(const char *file, const gb_yaml *items,
                             gb_status (*take)(void *arg, const member *m, gb_error *err), void *arg, gb_error *err) {
    member m;
    int64_t place = 0;
    gb_status status = items->kind == GB_YAML_LIST
                           ? GB_OK
                           : gb_fail(err, GB_BAD_FILE,
                                     "%s:%d:%d: expected a list of features with their clusters, or of "
                                     "the features of each cluster",
                                     file, items->line, items->column);
    for (const gb_yaml *item = status ? NULL : items->first; item && !status; item = item->next, place++) {
        bool list = item->kind == GB_YAML_LIST;
        for (const gb_yaml *at = list ? item->first : item; at && !status; at = list ? at->next : NULL) {
            status = read_member(file, item, place, at, &m, err);
            if (!status)
                status = take(arg, &m, err);
        }
    }
    return status;
}

static gb_status ignore_member(void *arg, const member *m, gb_error *err) {
    (void)arg, (void)m, (void)err;
    return GB_OK;
}

gb_status gb_recipe_read_clusters(gb_recipe *recipe, const gb_yaml *node, gb_error *err) {
    if (node->kind != GB_YAML_MAP)
        return gb_recipe_text(recipe, node, "clusters", &recipe->clusters, err);
    gb_status status = GB_OK;
    recipe->own_clusters = node;
    for (const gb_yaml *key = node->first; key && !status; key = key->next)
        if (key->value->kind != GB_YAML_SCALAR)         /* scalars are ignored, as in files */
            status = each_member(recipe->name, key->value, ignore_member, NULL, err);
    return status;
}

typedef struct collection {
    const gb_recipe_features *features;
    const char *file;
    const gb_graph_node *node;
    int *list, count, room;
    int64_t last;               /* cluster */
} collection;

static gb_status collect_member(void *arg, const member *m, gb_error *err) {
    collection *t = arg;
    if (m->feature >= t->node->shape[0])
        return gb_fail(err, GB_BAD_FILE, "%s:%d:%d: feature %lld, but '%s' has 0 to %lld; the clusters belong to "
                                         "another network", t->file, m->at->line, m->at->column, (long long)m->feature,
                       t->node->name, (long long)t->node->shape[0] - 1);
    t->last = m->cluster > t->last ? m->cluster : t->last;
    if (!has(t->features, m->cluster))
        return GB_OK;
    if (t->count == t->room) {
        int room = t->room ? 2 * t->room : 64;
        int *grown = realloc(t->list, (size_t)room * sizeof *grown);
        if (!grown)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        t->list = grown;
        t->room = room;
    }
    t->list[t->count++] = (int)m->feature;
    return GB_OK;
}

gb_status gb_clusters_of(const gb_clusters *clusters, const gb_recipe_features *features, const gb_graph *graph,
                         gb_node node, int **list, int *count, gb_error *err) {
    const gb_yaml *items = layer_of(clusters->tree, graph, node);
    collection t = {.features = features, .file = clusters->name, .node = &graph->nodes[node], .last = -1};
    *list = NULL;
    *count = 0;
    if (!items)
        return GB_OK;
    gb_status status = each_member(clusters->name, items, collect_member, &t, err);
    if (!status && !t.count)
        status = gb_fail(err, GB_BAD_ARGUMENT, "%s: no feature of '%s' is in that cluster; it has clusters 0 to %lld",
                         t.file, t.node->name, (long long)t.last);
    if (status) {
        free(t.list);
        return status;
    }
    *list = t.list;
    *count = t.count;
    return GB_OK;
}

gb_status gb_clusters_open(const gb_recipe *recipe, const gb_recipe_features *features, gb_clusters *clusters,
                           gb_error *err) {
    const char *file = features->file ? features->file : recipe->clusters;
    gb_clusters here = {.tree = recipe->set_clusters.tree, .name = recipe->set_clusters.name};
    if (!here.tree && recipe->own_clusters)
        here = (gb_clusters){.tree = recipe->own_clusters, .name = recipe->name};
    bool from_file = features->file || !here.tree;
    if (from_file && !file)
        return gb_fail(err, GB_BAD_ARGUMENT,
                       "the recipe selects clusters but does not define them: add 'clusters' at the "
                       "top with a FILE or with nodes and their features, or use --clusters FILE");
    if (from_file && clusters->file && !strcmp(clusters->file, file))
        return GB_OK;
    gb_clusters_close(clusters);
    if (!from_file) {
        *clusters = here;
        return GB_OK;
    }
    char *path;
    gb_status status = gb_recipe_path(recipe, file, &path, err);
    if (status)
        return status;
    status = read_clusters(path, clusters, err);
    if (!status)
        clusters->file = file;
    free(path);
    return status;
}

void gb_clusters_close(gb_clusters *clusters) {
    gb_arena_free(clusters->arena);
    *clusters = (gb_clusters){0};
}
