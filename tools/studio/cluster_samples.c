/* Clusters of a layer's maps over many pictures, found in the background. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/ganbend_analysis.h"
#include "handlers.h"
#include "tools/program/arguments.h"

enum { MAX_CHANNELS = 4096 };            /* 128 MiB of correlations */

typedef struct clustering {
    gb_model *model;
    gb_cluster_options how;
    char at[256];
} clustering;

static gb_status find(void *of, analysis *a, json_t **fields, gb_error *err) {
    clustering *k = of;
    gb_clustering *found = NULL;
    gb_layer_clusters layer;
    json_t *list;
    k->how.progress = analysis_goes_on;
    k->how.progress_arg = a;
    if (gb_find_clusters(k->model, &k->how, &found, err)) return err->status;
    gb_clustering_layer(found, 0, &layer);
    list = json_array();
    for (int c = 0; c < layer.clusters; c++) {
        json_t *features = json_array();
        for (int i = 0; i < layer.channels; i++)
            if (layer.cluster[i] == c) add_json(&features, json_integer(i));
        add_json(&list, features);
    }
    *fields = json_pack("{s:o}", "clusters", list);
    gb_clustering_free(found);
    return GB_OK;
}

gb_status cluster_samples(live *s, const message *m, gb_error *err) {
    gb_node node;
    gb_node_info info;
    clustering *k;
    if (live_find(s, m->node, &node, &info, err)) return err->status;
    if (info.ndim != 3 || info.shape[0] > MAX_CHANNELS)
        return state(err, GB_BAD_ARGUMENT, "'%s' has no feature maps, or more than %d", info.name, (int)MAX_CHANNELS);
    k = calloc(1, sizeof *k);
    if (!k) return state(err, GB_NO_MEMORY, "out of memory");
    k->model = s->o.model;
    snprintf(k->at, sizeof k->at, "%s", info.name);
    k->how = (gb_cluster_options){.at = k->at, .clusters = (int)m->clusters, .samples = (size_t)m->samples};
    return analysis_start(&s->analysis, m->id, (analysis_task){.run = find, .free = free, .of = k}, err);
}
