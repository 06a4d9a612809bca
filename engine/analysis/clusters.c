/* gb_find_clusters() of ganbend.h: feature maps grouped by their correlation. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eigen.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/platform.h"
#include "engine/base/work_count.h"
#include "engine/ganbend_analysis.h"
#include "engine/graph/model.h"
#include "kmeans.h"
#include "samples.h"

enum { SAMPLES = 100, SIDE = 16, COORDINATES = 20, RESTARTS = 50, MAX_CLUSTERS = 1000 };
enum { BATCH_FLOATS = 1 << 22 };        /* of the largest layer in one batch */

typedef struct layer {
    gb_node node;
    char *name;
    int number, clusters;
    size_t channels, h, w;
    double *sum;                /* [channels] over all samples and reduced pixels */
    double *product;            /* [channels, channels], lower triangle */
    double pixels;              /* summed so far */
    int *cluster;
    double between;
} layer;

struct gb_clustering {
    layer *layers;
    size_t count;
};

void gb_clustering_free(gb_clustering *c) {
    for (size_t i = 0; c && i < c->count; i++) {
        free(c->layers[i].name);
        free(c->layers[i].sum);
        free(c->layers[i].product);
        free(c->layers[i].cluster);
    }
    if (c)
        free(c->layers);
    free(c);
}

size_t gb_clustering_layers(const gb_clustering *c) {
    return c->count;
}

void gb_clustering_layer(const gb_clustering *c, size_t index, gb_layer_clusters *out) {
    *out = (gb_layer_clusters){.node = GB_NO_NODE, .name = "", .layer = -1};
    if (index >= c->count)
        return;
    const layer *l = &c->layers[index];
    *out = (gb_layer_clusters){l->node, l->name, l->number, (int)l->channels, l->clusters, l->cluster, l->between};
}

/* ------------------------------------------------------------------------------------------------ correlation */

/* Reduces a map to rows×columns by averaging. */
static void reduce(const float *map, const layer *l, size_t rows, size_t columns, float *out) {
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < columns; x++) {
            size_t y0 = y * l->h / rows, y1 = (y + 1) * l->h / rows, x0 = x * l->w / columns, x1 = (x + 1) * l->w / columns;
            double sum = 0;
            for (size_t i = y0; i < y1; i++)
                for (size_t k = x0; k < x1; k++)
                    sum += (double)map[i * l->w + k];
            out[y * columns + x] = (float)(sum / (double)((y1 - y0) * (x1 - x0)));
        }
}

/* Adds one sample's maps [channels, h, w]. `reduced` is workspace [channels, SIDE²]. False if they are not finite. */
static bool add_maps(layer *l, const float *maps, float *reduced) {
    size_t rows = l->h < SIDE ? l->h : SIDE, columns = l->w < SIDE ? l->w : SIDE, size = rows * columns;
    for (size_t c = 0; c < l->channels; c++) {
        float *out = reduced + c * size;
        reduce(maps + c * l->h * l->w, l, rows, columns, out);
        for (size_t i = 0; i < size; i++) {
            if (!isfinite(out[i]))
                return false;
            l->sum[c] += (double)out[i];
        }
        for (size_t d = 0; d <= c; d++) {
            const float *other = reduced + d * size;
            double product = 0;
            for (size_t i = 0; i < size; i++)
                product += (double)out[i] * (double)other[i];
            l->product[c * l->channels + d] += product;
        }
    }
    l->pixels += (double)size;
    return true;
}

/* Replaces the products by correlations; maps that never change correlate with nothing. */
static void correlate(layer *l) {
    size_t n = l->channels;
    for (size_t c = 0; c < n; c++)
        for (size_t d = 0; d <= c; d++)
            l->product[c * n + d] -= l->sum[c] * l->sum[d] / l->pixels;
    for (size_t c = 0; c < n; c++)          /* from now on the deviations; `sum` is no longer needed */
        l->sum[c] = l->product[c * n + c] > 0 ? sqrt(l->product[c * n + c]) : 0;
    for (size_t c = 0; c < n; c++)
        for (size_t d = 0; d <= c; d++) {
            double scale = l->sum[c] * l->sum[d];
            l->product[c * n + d] = scale > 0 ? l->product[c * n + d] / scale : 0;
        }
}

/* Clusters the maps by their first principal coordinates, whose products are the correlations. */
static gb_status cluster_layer(layer *l, uint64_t seed, gb_error *err) {
    size_t n = l->channels, width = n < COORDINATES ? n : COORDINATES, k = (size_t)l->clusters;
    double *values = malloc(n * sizeof *values), *centre = malloc(k * width * sizeof *centre), variance = 0;
    float *point = malloc(n * width * sizeof *point);
    l->cluster = malloc(n * sizeof *l->cluster);
    gb_status status = values && centre && point && l->cluster ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    correlate(l);
    gb_status decomposed = status ? GB_OK : gb_eigen_symmetric(n, l->product, values);
    if (decomposed)
        status = gb_fail(err, decomposed, decomposed == GB_NO_MEMORY ? "out of memory" : "the layer's maps are not finite");
    for (size_t p = 0; p < n && !status; p++)
        for (size_t i = 0; i < width; i++)
            point[p * width + i] = (float)(values[i] > 0 ? sqrt(values[i]) * l->product[i * n + p] : 0);
    gb_kmeans means = {.points = n, .width = width, .clusters = k, .point = point, .cluster = l->cluster, .centre = centre};
    if (!status && !gb_kmeans_best(&means, RESTARTS, seed))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < width && !status; i++) {         /* Σ (x − mean)² of each coordinate */
        double sum = 0, squares = 0;
        for (size_t p = 0; p < n; p++) {
            sum += (double)point[p * width + i];
            squares += (double)point[p * width + i] * (double)point[p * width + i];
        }
        variance += squares - sum * sum / (double)n;
    }
    if (!status)
        l->between = variance > 0 ? 1 - means.inertia / variance : 0;
    free(values);
    free(centre);
    free(point);
    return status;
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
    layer *l = &c->layers[c->count++];
    *l = (layer){.node = node, .number = role ? role->index : -1, .channels = (size_t)info.shape[0],
                 .h = (size_t)info.shape[1], .w = (size_t)info.shape[2]};
    l->clusters = clusters ? clusters : default_clusters(l->number);
    if ((size_t)l->clusters > l->channels)
        l->clusters = (int)l->channels;
    l->name = malloc(strlen(info.name) + 1);
    l->sum = calloc(l->channels, sizeof *l->sum);
    l->product = calloc(l->channels * l->channels, sizeof *l->product);
    if (!l->name || !l->sum || !l->product)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    strcpy(l->name, info.name);
    return GB_OK;
}

static gb_status choose_layers(gb_clustering *c, const gb_model *model, const gb_cluster_options *o, gb_error *err) {
    const gb_graph *graph = model->graph;
    gb_status status = GB_OK;
    c->layers = calloc((size_t)graph->count + 1, sizeof *c->layers);
    if (!c->layers)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; i < graph->count && !status; i++) {
        const gb_graph_node *n = &graph->nodes[i];
        const gb_node_role *role = gb_graph_role_of(graph, i, GB_ROLE_LAYER);
        bool wanted = o->at ? gb_graph_matches(graph, i, o->at) : role && role->index > 0;
        if (wanted && n->ndim == 3 && n->shape[0] > 1 && n->shape[0] <= UINT16_MAX && !n->is_input)
            status = add_layer(c, model, i, o->clusters, err);
    }
    if (status || c->count)
        return status;
    return o->at ? gb_fail(err, GB_BAD_ARGUMENT, "no node with feature maps matches '%.200s'; `ganbend info` lists the nodes", o->at)
                 : gb_fail(err, GB_BAD_ARGUMENT, "this network has no numbered layers: name the layers to cluster");
}

static gb_status add_samples(gb_clustering *c, gb_samples *from, const gb_cluster_options *o, size_t largest, gb_error *err) {
    float *maps = malloc(largest * (size_t)from->batch * sizeof *maps), *reduced = NULL;
    size_t n = 1, channels = 0;
    for (size_t i = 0; i < c->count; i++)
        channels = channels < c->layers[i].channels ? c->layers[i].channels : channels;
    reduced = malloc(channels * SIDE * SIDE * sizeof *reduced);
    gb_status status = maps && reduced ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < c->count && !status; i++)
        status = gb_session_tap(from->session, c->layers[i].name, err);
    while (!status && n) {
        status = gb_samples_next(from, NULL, NULL, &n, err);
        for (size_t i = 0; i < c->count && n && !status; i++) {
            layer *l = &c->layers[i];
            status = gb_session_read(from->session, l->node, maps, err);
            for (size_t s = 0; s < n && !status; s++)
                if (!add_maps(l, maps + s * l->channels * l->h * l->w, reduced))
                    status = gb_fail(err, GB_BAD_ARGUMENT, "the maps of '%s' are not finite", l->name);
        }
        if (!status && o->progress && !o->progress(o->progress_arg, 0.9 * (double)from->done / (double)from->count))
            status = gb_fail_cancelled(err);
    }
    free(maps);
    free(reduced);
    return status;
}

static gb_status find(gb_clustering *c, gb_model *model, const gb_cluster_options *o, gb_error *err) {
    gb_samples from = {0};
    size_t largest = 1;
    gb_status status = choose_layers(c, model, o, err);
    for (size_t i = 0; i < c->count && !status; i++) {
        const layer *l = &c->layers[i];
        size_t floats = l->channels * l->h * l->w;
        largest = floats > largest ? floats : largest;
    }
    int batch = largest < BATCH_FLOATS / 4 ? 4 : 1;
    if (!status)
        status = gb_samples_new(&from, model, c->layers[0].node, o->samples ? o->samples : SAMPLES, batch, o->seed, o->z, err);
    if (!status && o->psi > 0)
        status = gb_session_truncate(from.session, o->psi, -1, err);
    if (!status)
        status = add_samples(c, &from, o, largest, err);
    gb_samples_free(&from);
    for (size_t i = 0; i < c->count && !status; i++) {
        status = cluster_layer(&c->layers[i], o->seed, err);
        if (!status && o->progress && !o->progress(o->progress_arg, 0.9 + 0.1 * (double)(i + 1) / (double)c->count))
            status = gb_fail_cancelled(err);
    }
    return status;
}

gb_status gb_find_clusters(gb_model *model, const gb_cluster_options *given, gb_clustering **clustering, gb_error *err) {
    gb_cluster_options options, *o = &options;
    *clustering = NULL;
    if (GB_TAKE_OPTIONS(gb_cluster_options, progress_arg, &options, given, err))
        return GB_BAD_ARGUMENT;
    if (o->clusters < 0 || o->clusters > MAX_CLUSTERS || !isfinite(o->psi))
        return gb_fail(err, GB_BAD_ARGUMENT, "%d clusters; expected 1 to %d", o->clusters, MAX_CLUSTERS);
    gb_clustering *c = calloc(1, sizeof *c);
    gb_status status = c ? find(c, model, o, err) : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (status)
        gb_clustering_free(c);
    else
        *clustering = c;
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
        const layer *l = &c->layers[i];
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
