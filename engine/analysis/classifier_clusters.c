/* Clusters as network-bending finds them (Broad et al. 2021): each layer has a classifier that was trained to tell its feature
 * maps apart; the numbers before its last layer embed a map; k-means groups the embeddings, averaged over samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clustering.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "kmeans.h"

enum { SAMPLES = 1000 };

/* One layer's classifier at work. */
typedef struct embedder {
    gb_session *session;
    gb_node node;               /* the embedding */
    double *sum;                /* [channels, GB_EMBEDDING] over the samples */
    size_t samples;
} embedder;

typedef struct embedders {
    gb_clustering *clustering;
    embedder *layers;
} embedders;

static gb_status add_maps(void *arg, size_t layer, const float *maps, gb_error *err) {
    embedders *all = arg;
    const gb_clustered_layer *l = &all->clustering->layers[layer];
    embedder *to = &all->layers[layer];
    gb_status status = GB_OK;
    for (size_t c = 0; c < l->channels && !status; c++) {
        float embedding[GB_EMBEDDING];
        status = gb_session_feed(to->session, "map", maps + c * l->h * l->w, err);
        if (!status)
            status = gb_session_render(to->session, NULL, err);
        if (!status)
            status = gb_session_read(to->session, to->node, embedding, err);
        for (int i = 0; i < GB_EMBEDDING && !status; i++) {
            if (!isfinite(embedding[i]))
                status = gb_fail(err, GB_BAD_ARGUMENT, "the maps of '%s' are not finite", l->name);
            to->sum[c * GB_EMBEDDING + (size_t)i] += (double)embedding[i];
        }
    }
    to->samples++;
    return status;
}

/* Each map goes alone through the classifier: its normalisations use the map's own statistics, unless the stored ones are
 * asked for. */
static gb_status open_embedder(embedder *e, const gb_clustered_layer *l, gb_model *classifier, bool stored, gb_error *err) {
    gb_node map = gb_model_find(classifier, "map");
    gb_node_info in = {0}, out = {0};
    e->node = gb_model_find(classifier, "bottleneck");
    if (map == GB_NO_NODE || e->node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "the network for layer %d is not a classifier of feature maps", l->number);
    gb_model_node(classifier, map, &in);
    gb_model_node(classifier, e->node, &out);
    if (in.shape[1] != (int64_t)l->h || in.shape[2] != (int64_t)l->w || out.shape[0] != GB_EMBEDDING)
        return gb_fail(err, GB_BAD_ARGUMENT, "the classifier for layer %d embeds maps of %lldx%lld in %lld numbers; expected %zux%zu "
                       "and %d", l->number, (long long)in.shape[1], (long long)in.shape[2], (long long)out.shape[0], l->h, l->w,
                       GB_EMBEDDING);
    e->sum = calloc(l->channels * GB_EMBEDDING, sizeof *e->sum);
    if (!e->sum)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = gb_session_new(classifier, &(gb_session_options){.batch_statistics = !stored}, &e->session, err);
    return status ? status : gb_session_tap(e->session, out.name, err);
}

/* k distinct points. */
static gb_status draw_initial(size_t *initial, size_t k, size_t points, uint64_t seed, gb_error *err) {
    size_t *order = malloc(points * sizeof *order);
    gb_random random;
    if (!order)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_random_seed(&random, seed);
    for (size_t i = 0; i < points; i++)
        order[i] = i;
    for (size_t i = 0; i < k; i++) {
        size_t at = i + gb_random_word(&random) % (points - i);
        initial[i] = order[at];
        order[at] = order[i];
    }
    free(order);
    return GB_OK;
}

static gb_status cluster_layer(gb_clustered_layer *l, const embedder *e, const gb_cluster_options *o, gb_error *err) {
    size_t n = l->channels, k = (size_t)l->clusters;
    size_t *initial = malloc(k * sizeof *initial);
    double *centre = malloc(k * GB_EMBEDDING * sizeof *centre);
    gb_status status = initial && centre ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < n * GB_EMBEDDING; i++)
        l->embedding[i] = (float)(e->sum[i] / (double)e->samples);
    if (!status && o->initial)
        memcpy(initial, o->initial, k * sizeof *initial);
    else if (!status)
        status = draw_initial(initial, k, n, o->seed, err);
    for (size_t i = 0; i < k && !status; i++)
        if (initial[i] >= n)
            status = gb_fail(err, GB_BAD_ARGUMENT, "k-means cannot begin at map %zu: '%s' has %zu", initial[i], l->name, n);
    gb_kmeans means = {.points = n, .width = GB_EMBEDDING, .clusters = k, .point = l->embedding, .cluster = l->cluster,
                       .centre = centre};
    if (!status && !gb_kmeans_from(&means, initial, o->seed))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        l->between = gb_share_between(l->embedding, n, GB_EMBEDDING, means.inertia);
    free(initial);
    free(centre);
    return status;
}

gb_status gb_cluster_by_classifiers(gb_clustering *c, gb_model *model, const gb_cluster_options *o, gb_error *err) {
    embedders all = {.clustering = c, .layers = calloc(c->count, sizeof *all.layers)};
    gb_kept kept = {0};
    gb_status status = !all.layers      ? gb_fail(err, GB_NO_MEMORY, "out of memory")
                       : !o->classifier ? gb_fail(err, GB_BAD_ARGUMENT, "the published method needs classifiers of the layers' maps")
                                        : GB_OK;
    for (size_t i = 0; i < c->count && !status; i++) {
        gb_clustered_layer *l = &c->layers[i];
        gb_model *classifier = NULL;
        l->embedding = malloc(l->channels * GB_EMBEDDING * sizeof *l->embedding);
        if (!l->embedding)
            status = gb_fail(err, GB_NO_MEMORY, "out of memory");
        if (!status)
            status = o->classifier(o->classifier_arg, l->number, &classifier, err);
        if (!status)
            status = open_embedder(&all.layers[i], l, classifier, o->stored_statistics, err);
        uint32_t checksum = status ? 0 : gb_model_checksum(classifier);
        kept.signature = gb_signature(kept.signature, &checksum, sizeof checksum);
    }
    for (size_t i = 0; i < c->count && !status; i++) {
        status = gb_kept_add(&kept, all.layers[i].sum, c->layers[i].channels * GB_EMBEDDING * sizeof(double), err);
        if (!status)
            status = gb_kept_add(&kept, &all.layers[i].samples, sizeof all.layers[i].samples, err);
    }
    if (!status)
        status = gb_clustering_sample(c, model, o, o->samples ? o->samples : SAMPLES, 1, add_maps, &all, &kept, err);
    gb_kept_end(&kept, GB_OK);
    for (size_t i = 0; i < c->count && !status; i++)
        status = cluster_layer(&c->layers[i], &all.layers[i], o, err);
    for (size_t i = 0; all.layers && i < c->count; i++) {
        gb_session_free(all.layers[i].session);
        free(all.layers[i].sum);
    }
    free(all.layers);
    return status;
}
