/* Clusters of features: in the recipe, or in a file in network-bending's format: layer number → list of {feature_index,
 * cluster_index}; other keys are ignored. The layer number may be replaced by a node's name, and the list of pairs by a list of
 * features for each cluster. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

enum { MAX_FEATURE = UINT16_MAX };

/* ------------------------------------------------------------------------------------------------ reading */

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

/* Reads a feature at `at`: a number in the list of cluster `place`, or a pair. */
static gb_status read_member(const char *file, const gb_yaml *item, int64_t place, const gb_yaml *at,
                             gb_cluster_member *m, gb_error *err) {
    const gb_yaml *cluster = gb_yaml_get(at, "cluster_index");
    int64_t feature = 0;
    bool fine;
    m->at = at;
    if (item->kind == GB_YAML_LIST) {
        fine = gb_yaml_integer(at, 0, MAX_FEATURE, &feature);
    } else {
        m->at = gb_yaml_get(at, "feature_index");
        fine = m->at && cluster && gb_yaml_integer(m->at, 0, MAX_FEATURE, &feature) &&
               gb_yaml_integer(cluster, 0, MAX_FEATURE, &place);
    }
    m->feature = (int)feature;
    m->cluster = (int)place;
    return fine ? GB_OK
                : gb_fail(err, GB_BAD_FILE, "%s:%d:%d: expected %s", file, at->line, at->column,
                          item->kind == GB_YAML_LIST ? "the number of a feature"
                                                     : "'feature_index' and 'cluster_index' with integers");
}

/* Calls `take` for every feature in a layer's list. An item is a pair, or the list of features of cluster `place`. */
static gb_status each_member(const char *file, const gb_yaml *items,
                             gb_status (*take)(void *arg, const gb_cluster_member *m, gb_error *err), void *arg, gb_error *err) {
    gb_cluster_member m;
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

static int by_cluster(const void *a, const void *b) {
    const gb_cluster_member *x = a, *y = b;
    return x->cluster != y->cluster ? (x->cluster > y->cluster) - (x->cluster < y->cluster)
                                    : (x->feature > y->feature) - (x->feature < y->feature);
}

/* Sorts members by cluster and feature, each once. */
static void sort_members(gb_cluster_member *members, int *count) {
    int kept = 0;
    if (!*count)
        return;
    qsort(members, (size_t)*count, sizeof *members, by_cluster);
    for (int i = 1; i < *count; i++)
        if (by_cluster(&members[i], &members[kept]))
            members[++kept] = members[i];
    *count = kept + 1;
}

typedef struct collection {
    gb_cluster_member *members;
    int count, room;
    const gb_graph_node *node;  /* to which the features belong; NULL = any */
    const char *file;
} collection;

static gb_status collect_member(void *arg, const gb_cluster_member *m, gb_error *err) {
    collection *to = arg;
    if (to->node && m->feature >= to->node->shape[0])
        return gb_fail(err, GB_BAD_FILE, "%s:%d:%d: feature %d, but '%s' has 0 to %lld; the clusters belong to another "
                                         "network", to->file, m->at->line, m->at->column, m->feature, to->node->name,
                       (long long)to->node->shape[0] - 1);
    if (to->count == to->room) {
        int room = to->room ? 2 * to->room : 64;
        gb_cluster_member *grown = realloc(to->members, (size_t)room * sizeof *grown);
        if (!grown)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        to->members = grown;
        to->room = room;
    }
    to->members[to->count++] = *m;
    return GB_OK;
}

static gb_status collect(collection *to, const gb_yaml *items, gb_error *err) {
    gb_status status = each_member(to->file, items, collect_member, to, err);
    if (!status) {
        sort_members(to->members, &to->count);
        return GB_OK;
    }
    free(to->members);
    to->members = NULL;
    to->count = 0;
    return status;
}

gb_status gb_cluster_members(const char *file, const gb_yaml *items, gb_cluster_member **members, int *count, gb_error *err) {
    collection to = {.file = file};
    gb_status status = collect(&to, items, err);
    *members = to.members;
    *count = to.count;
    return status;
}

static gb_status ignore_member(void *arg, const gb_cluster_member *m, gb_error *err) {
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

/* ------------------------------------------------------------------------------------------------ finding */

/* Whose features each key's value lists. Bends look layers up again and again, so names are resolved once. */
static gb_status list_layers(gb_clusters *c, const gb_graph *graph, gb_error *err) {
    const gb_yaml *key = c->tree->first;
    c->layers = calloc((size_t)c->tree->count + 1, sizeof *c->layers);
    if (!c->layers)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (; key; key = key->next) {
        gb_cluster_layer *layer = &c->layers[c->layer_count++];
        int64_t number;
        bool numbered = gb_yaml_integer(key, 0, INT32_MAX, &number);
        *layer = (gb_cluster_layer){.items = key->value, .number = numbered ? (int)number : -1,
                                    .node = numbered ? GB_NO_NODE : gb_graph_find(graph, key->text)};
    }
    return GB_OK;
}

/* The layer of the node, or NULL. */
static gb_cluster_layer *layer_of(const gb_clusters *c, const gb_graph *graph, gb_node node) {
    int number = gb_layer_number(graph, node);
    for (int i = 0; i < c->layer_count; i++)
        if (c->layers[i].number >= 0 ? c->layers[i].number == number : c->layers[i].node == node)
            return &c->layers[i];
    return NULL;
}

/* Reads the layer's list once, for all bends. */
static gb_status read_layer(const gb_clusters *c, gb_cluster_layer *layer, const gb_graph_node *node, gb_error *err) {
    collection to = {.node = node, .file = c->name};
    if (layer->members)
        return GB_OK;
    gb_status status = collect(&to, layer->items, err);
    layer->members = to.members;
    layer->count = to.count;
    return status;
}

/* The first member from `at` on whose cluster is not below. */
static int first_of(const gb_cluster_layer *layer, int at, int cluster) {
    int high = layer->count;
    while (at < high) {
        int middle = at + (high - at) / 2;
        if (layer->members[middle].cluster < cluster)
            at = middle + 1;
        else
            high = middle;
    }
    return at;
}

/* Marks the features in the selected clusters, which are in ascending order. */
static void mark(const gb_cluster_layer *layer, const gb_recipe_features *features, unsigned char *in) {
    for (int i = 0, at = 0; i < features->count && at < layer->count; i++)
        for (at = first_of(layer, at, features->list[i]); at < layer->count; at++) {
            if (layer->members[at].cluster != features->list[i])
                break;
            in[layer->members[at].feature] = 1;
        }
}

gb_status gb_clusters_of(gb_clusters *clusters, const gb_recipe_features *features, const gb_graph *graph, gb_node node,
                         int **list, int *count, gb_error *err) {
    const gb_graph_node *of = &graph->nodes[node];
    gb_status status = clusters->layers ? GB_OK : list_layers(clusters, graph, err);
    gb_cluster_layer *layer = status ? NULL : layer_of(clusters, graph, node);
    *list = NULL;
    *count = 0;
    if (!layer)
        return status;
    status = read_layer(clusters, layer, of, err);
    if (status)
        return status;
    unsigned char *in = calloc((size_t)of->shape[0] + 1, 1);
    *list = malloc(((size_t)of->shape[0] + 1) * sizeof **list);
    if (in && *list) {
        mark(layer, features, in);
        for (int f = 0; f < of->shape[0]; f++)
            if (in[f])
                (*list)[(*count)++] = f;
        if (!*count)
            status = gb_fail(err, GB_BAD_ARGUMENT, "%s: no feature of '%s' is in that cluster; it has clusters 0 to %d",
                             clusters->name, of->name, layer->count ? layer->members[layer->count - 1].cluster : -1);
    } else {
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    free(in);
    if (status) {
        free(*list);
        *list = NULL;
    }
    return status;
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
    if (from_file ? clusters->file && !strcmp(clusters->file, file) : clusters->tree == here.tree)
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
    for (int i = 0; i < clusters->layer_count; i++)
        free(clusters->layers[i].members);
    free(clusters->layers);
    gb_arena_free(clusters->arena);
    *clusters = (gb_clusters){0};
}
