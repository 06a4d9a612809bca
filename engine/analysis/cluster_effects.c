/* gb_measure_cluster_effects() of ganbend_analysis.h: do the maps of a cluster change the same places of the picture?
 *
 * Each map u is ablated alone in n images. Its effect is the vector e_u of |picture without u − picture|, averaged over channels and
 * reduced to 16×16 pixels, of all images: 256 n values. r(u, v) is the correlation of e_u and e_v. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clustering.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/work_count.h"
#include "engine/graph/model.h"

enum { SAMPLES = 8, SIDE = 16, PLACES = SIDE * SIDE };

typedef struct work {
    gb_model *model;
    const gb_clustering *clusters;
    const gb_effect_options *o;
    size_t samples, c, h, w;    /* images, and the picture's shape */
    float *before, *after;      /* [c, h, w] */
    float **effect;             /* per layer: [channels, samples, PLACES] */
    size_t done, all;           /* renders */
    gb_error *err;
} work;

static void take_difference(const work *k, float *out) {
    double sum[PLACES] = {0};
    size_t count[PLACES] = {0};
    for (size_t c = 0; c < k->c; c++)
        for (size_t y = 0; y < k->h; y++)
            for (size_t x = 0; x < k->w; x++) {
                size_t place = y * SIDE / k->h * SIDE + x * SIDE / k->w, at = (c * k->h + y) * k->w + x;
                sum[place] += fabs((double)k->after[at] - (double)k->before[at]);
                count[place]++;
            }
    for (size_t i = 0; i < PLACES; i++)
        out[i] = count[i] ? (float)(sum[i] / (double)count[i]) : 0;
}

static gb_status ablate(work *k, gb_session *session, size_t layer, int map, size_t sample) {
    const float zero = 0;
    const gb_bend_options how = {.kind = GB_BEND_FILTER, .at = k->clusters->layers[layer].name, .name = "multiply", .params = &zero,
                                 .param_count = 1, .features = {.choice = GB_FEATURES_LIST, .list = &map, .count = 1}};
    gb_bend bend;
    gb_status status = gb_session_bend(session, &how, &bend, k->err);
    if (!status)
        status = gb_session_render(session, k->after, k->err);
    if (status)
        return status;
    take_difference(k, k->effect[layer] + ((size_t)map * k->samples + sample) * PLACES);
    status = gb_session_unbend(session, bend, k->err);
    if (!status && k->o->progress && !k->o->progress(k->o->progress_arg, (double)++k->done / (double)k->all))
        status = gb_fail_cancelled(k->err);
    return status;
}

static gb_status ablate_all(work *k, gb_session *session) {
    size_t classes = (size_t)gb_model_class_count(k->model);
    gb_status status = GB_OK;
    if (k->o->psi > 0)
        status = gb_session_truncate(session, k->o->psi, -1, k->err);
    for (size_t s = 0; s < k->samples && !status; s++) {
        status = gb_session_seed(session, k->o->seed + s, k->err);
        if (!status && classes)
            status = gb_session_set_class(session, (int)(s % classes), k->err);
        if (!status)
            status = gb_session_render(session, k->before, k->err);
        for (size_t i = 0; i < k->clusters->count; i++)
            for (int u = 0; u < (int)k->clusters->layers[i].channels && !status; u++)
                status = ablate(k, session, i, u, s);
    }
    return status;
}

/* Subtracts the mean and scales to length 1; maps without effect stay zero and are left out of the means. */
static bool standardise(float *x, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    for (size_t i = 0; i < n; i++) {
        x[i] -= (float)(sum / (double)n);
        squares += (double)x[i] * (double)x[i];
    }
    for (size_t i = 0; i < n; i++)
        x[i] = squares > 0 ? (float)((double)x[i] / sqrt(squares)) : 0;
    return squares > 0;
}

static gb_status compare(const work *k, size_t layer, gb_cluster_effects *out) {
    const gb_clustered_layer *l = &k->clusters->layers[layer];
    size_t n = k->samples * PLACES, pairs[2] = {0};
    double sum[2] = {0};
    bool *has_effect = malloc(l->channels * sizeof *has_effect);
    if (!has_effect)
        return gb_fail(k->err, GB_NO_MEMORY, "out of memory");
    for (size_t u = 0; u < l->channels; u++)
        has_effect[u] = standardise(k->effect[layer] + u * n, n);
    for (size_t u = 0; u < l->channels; u++)
        for (size_t v = 0; v < u; v++) {
            const float *a = k->effect[layer] + u * n, *b = k->effect[layer] + v * n;
            double r = 0;
            if (!has_effect[u] || !has_effect[v])
                continue;
            for (size_t i = 0; i < n; i++)
                r += (double)a[i] * (double)b[i];
            bool same = l->cluster[u] == l->cluster[v];
            sum[same] += r;
            pairs[same]++;
        }
    *out = (gb_cluster_effects){pairs[1] ? sum[1] / (double)pairs[1] : 0, pairs[0] ? sum[0] / (double)pairs[0] : 0};
    free(has_effect);
    return GB_OK;
}

static gb_status prepare(work *k) {
    const gb_graph *graph = k->model->graph;
    gb_node_info picture;
    gb_node image = gb_model_find_role(k->model, GB_ROLE_PICTURE, 0);
    if (image != GB_NO_NODE || graph->nodes[graph->output].ndim != 3)
        return gb_fail(k->err, GB_BAD_ARGUMENT, "only generators of pictures have effects to measure");
    gb_model_node(k->model, graph->output, &picture);
    k->c = (size_t)picture.shape[0];
    k->h = (size_t)picture.shape[1];
    k->w = (size_t)picture.shape[2];
    k->before = malloc(k->c * k->h * k->w * sizeof *k->before);
    k->after = malloc(k->c * k->h * k->w * sizeof *k->after);
    k->effect = calloc(k->clusters->count, sizeof *k->effect);
    bool good = k->before && k->after && k->effect;
    for (size_t i = 0; good && i < k->clusters->count; i++) {
        k->effect[i] = malloc(k->clusters->layers[i].channels * k->samples * PLACES * sizeof **k->effect);
        good = k->effect[i] != NULL;
        k->all += k->samples * k->clusters->layers[i].channels;
    }
    return good ? GB_OK : gb_fail(k->err, GB_NO_MEMORY, "out of memory");
}

gb_status gb_measure_cluster_effects(gb_model *model, const gb_clustering *clusters, const gb_effect_options *given,
                                     gb_cluster_effects *effects, gb_error *err) {
    gb_effect_options options;
    gb_session *session = NULL;
    gb_status status = GB_TAKE_OPTIONS(gb_effect_options, progress_arg, &options, given, err);
    if (status)
        return status;
    work k = {.model = model, .clusters = clusters, .o = &options, .samples = options.samples ? options.samples : SAMPLES, .err = err};
    status = prepare(&k);
    if (!status)
        status = gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, err);
    if (!status)
        status = ablate_all(&k, session);
    for (size_t i = 0; i < clusters->count && !status; i++)
        status = compare(&k, i, &effects[i]);
    gb_session_free(session);
    for (size_t i = 0; k.effect && i < clusters->count; i++)
        free(k.effect[i]);
    free(k.effect);
    free(k.before);
    free(k.after);
    return status;
}
