/* The layers that are clustered, and the maps of their samples. */
#include "clustering.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/work_count.h"
#include "engine/graph/model.h"
#include "samples.h"

enum { BATCH = 4, BATCH_FLOATS = 1 << 22 };     /* most values of the largest layer in one batch */

void gb_clustering_keep(gb_clustering *c, size_t count) {
    for (size_t i = count; i < c->count; i++) {
        free(c->layers[i].name);
        free(c->layers[i].cluster);
        free(c->layers[i].embedding);
    }
    c->count = c->count < count ? c->count : count;
}

void gb_clustering_free(gb_clustering *c) {
    if (!c)
        return;
    gb_clustering_keep(c, 0);
    free(c->layers);
    free(c);
}

/* ------------------------------------------------------------------------------------------------ layers */

/* network-bending's numbers of clusters. */
static int default_clusters(int number) {
    return number <= 8 ? 5 : number <= 12 ? 4 : 3;
}

static gb_status add_layer(gb_clustering *c, const gb_model *model, gb_node node, int clusters, gb_error *err) {
    const gb_node_role *role = gb_graph_role_of(model->graph, node, GB_ROLE_LAYER);
    gb_node_info info;
    gb_model_node(model, node, &info);
    gb_clustered_layer *l = &c->layers[c->count++];
    *l = (gb_clustered_layer){.node = node, .number = role ? role->index : -1, .channels = (size_t)info.shape[0],
                 .h = (size_t)info.shape[1], .w = (size_t)info.shape[2]};
    l->clusters = clusters ? clusters : default_clusters(l->number);
    if ((size_t)l->clusters > l->channels)
        l->clusters = (int)l->channels;
    l->name = malloc(strlen(info.name) + 1);
    l->cluster = malloc(l->channels * sizeof *l->cluster);
    if (!l->name || !l->cluster)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    strcpy(l->name, info.name);
    return GB_OK;
}

gb_status gb_clustering_choose(gb_clustering *c, const gb_model *model, const char *at, int clusters, gb_error *err) {
    const gb_graph *graph = model->graph;
    gb_status status = GB_OK;
    c->layers = calloc((size_t)graph->count + 1, sizeof *c->layers);
    if (!c->layers)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; i < graph->count && !status; i++) {
        const gb_graph_node *n = &graph->nodes[i];
        const gb_node_role *role = gb_graph_role_of(graph, i, GB_ROLE_LAYER);
        bool wanted = at ? gb_graph_matches(graph, i, at) : role && role->index > 0;
        if (wanted && n->ndim == 3 && n->shape[0] > 1 && n->shape[0] <= UINT16_MAX && !n->is_input)
            status = add_layer(c, model, i, clusters, err);
    }
    if (status || c->count)
        return status;
    return at ? gb_fail(err, GB_BAD_ARGUMENT, "no node with feature maps matches '%.200s'; `ganbend info` lists the nodes", at)
                 : gb_fail(err, GB_BAD_ARGUMENT, "this network has no numbered layers: name the layers to cluster");
}

/* ------------------------------------------------------------------------------------------------ samples */

gb_status gb_clustering_progress(const gb_cluster_options *o, double share, gb_error *err) {
    return !o->progress || o->progress(o->progress_arg, share) ? GB_OK : gb_fail_cancelled(err);
}

double gb_share_between(const float *point, size_t n, size_t width, double inertia) {
    double variance = 0;
    for (size_t i = 0; i < width; i++) {            /* Σ (x − mean)² of each coordinate */
        double sum = 0, squares = 0;
        for (size_t p = 0; p < n; p++) {
            sum += (double)point[p * width + i];
            squares += (double)point[p * width + i] * (double)point[p * width + i];
        }
        variance += squares - sum * sum / (double)n;
    }
    return variance > 0 ? 1 - inertia / variance : 0;
}

/* Passes on the maps of the n images that were rendered last. `maps` is workspace for one layer of a batch. */
static gb_status add_batch(const gb_clustering *c, const gb_samples *from, size_t n, float *maps, gb_add_maps *add, void *arg,
                           gb_error *err) {
    gb_status status = GB_OK;
    for (size_t i = 0; i < c->count && !status; i++) {
        const gb_clustered_layer *l = &c->layers[i];
        status = gb_session_read(from->session, l->node, maps, err);
        for (size_t s = 0; s < n && !status; s++)
            status = add(arg, i, maps + s * l->channels * l->h * l->w, err);
    }
    return status;
}

static gb_status sample(const gb_clustering *c, gb_samples *from, const gb_cluster_options *o, size_t largest, double share,
                        gb_add_maps *add, void *arg, gb_kept *kept, uint64_t *done, gb_error *err) {
    bool random_noise = o->method == GB_CLUSTERS_PUBLISHED && !o->stored_noise && !o->inputs;
    float *maps = malloc(largest * (size_t)from->batch * sizeof *maps);
    gb_status status = maps ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < c->count && !status; i++)
        status = gb_session_tap(from->session, c->layers[i].name, err);
    for (size_t n = 1; n && !status;) {
        if (random_noise)
            status = gb_session_noise(from->session, GB_NOISE_RANDOM, o->seed + from->done, err);
        if (!status)
            status = gb_samples_next(from, NULL, NULL, &n, err);
        if (!status && n)
            status = add_batch(c, from, n, maps, add, arg, err);
        if (!status) {
            *done = from->done;
            status = gb_kept_write(kept, err);
        }
        if (!status)
            status = gb_clustering_progress(o, share * (double)from->done / (double)from->count, err);
    }
    free(maps);
    return status;
}

/* Reads how many samples a run that was interrupted has done, and its sums. */
static gb_status go_on(const gb_clustering *c, const gb_samples *from, const gb_cluster_options *o, float psi, gb_kept *kept,
                       uint64_t *done, gb_error *err) {
    const uint64_t whole[] = {gb_model_checksum(from->model), (uint64_t)o->method, from->count, o->seed, o->stored_noise,
                              o->stored_statistics};
    uint32_t signature = gb_signature(gb_signature(kept->signature, whole, sizeof whole), &psi, sizeof psi);
    for (size_t i = 0; i < c->count; i++)
        signature = gb_signature(signature, c->layers[i].name, strlen(c->layers[i].name) + 1);
    kept->signature = gb_signature(signature, o->z, from->count * from->z_dim * sizeof *o->z);
    gb_status status = gb_kept_add(kept, done, sizeof *done, err);
    if (!status && !o->inputs)
        kept->path = o->state;
    if (!status)
        status = gb_kept_read(kept, err);
    return status || *done <= from->count ? status : gb_fail(err, GB_BAD_FILE, "%s: is damaged", o->state);
}

gb_status gb_clustering_sample(const gb_clustering *c, gb_model *model, const gb_cluster_options *o, size_t samples, double share,
                               gb_add_maps *add, void *arg, gb_kept *kept, gb_error *err) {
    gb_samples from = {0};
    uint64_t done = 0;
    size_t largest = 1;
    float psi = o->psi > 0 ? o->psi : o->method == GB_CLUSTERS_PUBLISHED ? 0.5f : 0;
    for (size_t i = 0; i < c->count; i++) {
        const gb_clustered_layer *l = &c->layers[i];
        size_t floats = l->channels * l->h * l->w;
        largest = floats > largest ? floats : largest;
    }
    int batch = !o->inputs && largest < BATCH_FLOATS / BATCH ? BATCH : 1;
    gb_status status = gb_samples_new(&from, model, c->layers[0].node, samples, batch, o->seed, o->z, err);
    from.inputs = o->inputs;
    from.inputs_arg = o->inputs_arg;
    if (!status && psi > 0 && !o->inputs)
        status = gb_session_truncate(from.session, psi, -1, err);
    if (!status)
        status = go_on(c, &from, o, psi, kept, &done, err);
    from.done = (size_t)done;
    if (!status)
        status = sample(c, &from, o, largest, share, add, arg, kept, &done, err);
    gb_samples_free(&from);
    return gb_kept_end(kept, status);
}
