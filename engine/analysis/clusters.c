/* gb_find_clusters() of ganbend_analysis.h: chooses layers, lets a method cluster their maps, and writes the clusters. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clustering.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/platform.h"
#include "engine/base/work_count.h"
#include "engine/graph/model.h"

enum { MAX_CLUSTERS = 1000 };

size_t gb_clustering_layers(const gb_clustering *c) {
    return c->count;
}

void gb_clustering_layer(const gb_clustering *c, size_t index, gb_layer_clusters *out) {
    *out = (gb_layer_clusters){.node = GB_NO_NODE, .name = "", .layer = -1};
    if (index >= c->count)
        return;
    const gb_clustered_layer *l = &c->layers[index];
    *out = (gb_layer_clusters){l->node, l->name, l->number, (int)l->channels, l->clusters, l->cluster, l->between,
                               l->embedding, l->embedding ? GB_EMBEDDING : 0};
}

/* Checks the options and chooses the layers. *clustering is freed by the caller, also if it fails. */
static gb_status choose(gb_model *model, const gb_cluster_options *given, gb_cluster_options *o, gb_clustering **clustering, gb_error *err) {
    *clustering = NULL;
    if (GB_TAKE_OPTIONS(gb_cluster_options, state, o, given, err))
        return GB_BAD_ARGUMENT;
    if (o->clusters < 0 || o->clusters > MAX_CLUSTERS || !isfinite(o->psi))
        return gb_fail(err, GB_BAD_ARGUMENT, "%d clusters; expected 1 to %d", o->clusters, MAX_CLUSTERS);
    gb_clustering *c = calloc(1, sizeof *c);
    if (!c)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    *clustering = c;
    gb_status status = gb_clustering_choose(c, model, o->at, o->clusters, err);
    if (!status && o->method == GB_CLUSTERS_PUBLISHED && !o->at)
        gb_clustering_keep(c, GB_PUBLISHED_LAYERS);
    return status;
}

gb_status gb_cluster_layers(gb_model *model, const gb_cluster_options *given, gb_node *layers, size_t room, size_t *count,
                            gb_error *err) {
    gb_cluster_options options;
    gb_clustering *c;
    gb_status status = choose(model, given, &options, &c, err);
    *count = status ? 0 : c->count;
    for (size_t i = 0; i < *count && i < room; i++)
        layers[i] = c->layers[i].node;
    gb_clustering_free(c);
    return status;
}

gb_status gb_find_clusters(gb_model *model, const gb_cluster_options *given, gb_clustering **clustering, gb_error *err) {
    gb_cluster_options options, *o = &options;
    gb_clustering *c;
    gb_status status = choose(model, given, o, &c, err);
    if (!status)
        status = (o->method == GB_CLUSTERS_PUBLISHED ? gb_cluster_by_classifiers : gb_cluster_by_correlation)(c, model, o, err);
    if (status)
        gb_clustering_free(c);
    *clustering = status ? NULL : c;
    return status;
}

/* ------------------------------------------------------------------------------------------------ writing */

static void print(gb_out_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print(gb_out_file *file, const char *format, ...) {
    char text[128];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    gb_out_file_write(file, text, size > 0 && (size_t)size < sizeof text ? (size_t)size : 0);
}

/* A node's name as a key in quotes. */
static void print_key(gb_out_file *file, const char *name) {
    gb_out_file_write(file, "'", 1);
    for (; *name; name++)
        gb_out_file_write(file, *name == '\'' ? "''" : name, *name == '\'' ? 2 : 1);
    gb_out_file_write(file, "':\n", 3);
}

gb_status gb_clustering_save(const gb_clustering *c, const char *path, gb_error *err) {
    gb_out_file *file = NULL;
    gb_status status = gb_out_file_new(path, GB_OUTPUT_CLUSTERS, &file, err);
    if (status)
        return status;
    print(file, "# Clusters of feature maps, in network-bending's format\n");
    for (size_t i = 0; i < c->count; i++) {
        const gb_clustered_layer *l = &c->layers[i];
        if (l->number >= 0)
            print(file, "%d:\n", l->number);
        else
            print_key(file, l->name);
        for (size_t f = 0; f < l->channels; f++)
            print(file, "- {cluster_index: %d, feature_index: %zu}\n", l->cluster[f], f);
    }
    status = gb_out_file_finish(file, err);
    gb_out_file_free(file);
    return status;
}
