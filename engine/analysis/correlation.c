/* Clusters of maps that rise and fall together: k-means of points whose products are the maps' correlations. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "clustering.h"
#include "eigen.h"
#include "engine/base/error.h"
#include "kmeans.h"

enum { SAMPLES = 100, SIDE = 16, COORDINATES = 20, RESTARTS = 50 };

/* Sums of one layer. */
typedef struct sums {
    double *sum;                /* [channels] over all samples and reduced pixels */
    double *product;            /* [channels, channels], lower triangle */
    double pixels;              /* summed so far */
} sums;

typedef struct correlation {
    const gb_clustering *clustering;
    bool skip;                  /* leave out values that are not finite instead of refusing them */
    sums *layers;
    float *reduced;             /* [most channels, SIDE²], workspace */
} correlation;

/* Reduces a map to rows×columns by averaging; 0 if all values are skipped. */
static void reduce(const float *map, const gb_clustered_layer *l, size_t rows, size_t columns, bool skip, float *out) {
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < columns; x++) {
            size_t y0 = y * l->h / rows, y1 = (y + 1) * l->h / rows, x0 = x * l->w / columns, x1 = (x + 1) * l->w / columns;
            double sum = 0;
            size_t count = 0;
            for (size_t i = y0; i < y1; i++)
                for (size_t k = x0; k < x1; k++) {
                    if (skip && !isfinite(map[i * l->w + k]))
                        continue;
                    sum += (double)map[i * l->w + k];
                    count++;
                }
            out[y * columns + x] = count ? (float)(sum / (double)count) : 0;
        }
}

static gb_status add_maps(void *arg, size_t layer, const float *maps, gb_error *err) {
    correlation *all = arg;
    const gb_clustered_layer *l = &all->clustering->layers[layer];
    sums *to = &all->layers[layer];
    size_t rows = l->h < SIDE ? l->h : SIDE, columns = l->w < SIDE ? l->w : SIDE, size = rows * columns;
    for (size_t c = 0; c < l->channels; c++) {
        float *out = all->reduced + c * size;
        reduce(maps + c * l->h * l->w, l, rows, columns, all->skip, out);
        for (size_t i = 0; i < size; i++) {
            if (!isfinite(out[i]))
                return gb_fail(err, GB_BAD_ARGUMENT, "the maps of '%s' are not finite", l->name);
            to->sum[c] += (double)out[i];
        }
        for (size_t d = 0; d <= c; d++) {
            const float *other = all->reduced + d * size;
            double product = 0;
            for (size_t i = 0; i < size; i++)
                product += (double)out[i] * (double)other[i];
            to->product[c * l->channels + d] += product;
        }
    }
    to->pixels += (double)size;
    return GB_OK;
}

/* Replaces the products by correlations; maps that never change correlate with nothing. */
static void correlate(sums *of, size_t n) {
    for (size_t c = 0; c < n; c++)
        for (size_t d = 0; d <= c; d++)
            of->product[c * n + d] -= of->sum[c] * of->sum[d] / of->pixels;
    for (size_t c = 0; c < n; c++)          /* from now on the deviations; `sum` is no longer needed */
        of->sum[c] = of->product[c * n + c] > 0 ? sqrt(of->product[c * n + c]) : 0;
    for (size_t c = 0; c < n; c++)
        for (size_t d = 0; d <= c; d++) {
            double scale = of->sum[c] * of->sum[d];
            of->product[c * n + d] = scale > 0 ? of->product[c * n + d] / scale : 0;
        }
}

/* Clusters the maps by their first principal coordinates, whose products are the correlations. */
static gb_status cluster_layer(gb_clustered_layer *l, sums *of, uint64_t seed, gb_error *err) {
    size_t n = l->channels, width = n < COORDINATES ? n : COORDINATES, k = (size_t)l->clusters;
    double *values = malloc(n * sizeof *values), *centre = malloc(k * width * sizeof *centre);
    float *point = malloc(n * width * sizeof *point);
    gb_status status = values && centre && point ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    correlate(of, n);
    gb_status decomposed = status ? GB_OK : gb_eigen_symmetric(n, of->product, values);
    if (decomposed)
        status = gb_fail(err, decomposed, decomposed == GB_NO_MEMORY ? "out of memory" : "the maps of a layer are not finite");
    for (size_t p = 0; p < n && !status; p++)
        for (size_t i = 0; i < width; i++)
            point[p * width + i] = (float)(values[i] > 0 ? sqrt(values[i]) * of->product[i * n + p] : 0);
    gb_kmeans means = {.points = n, .width = width, .clusters = k, .point = point, .cluster = l->cluster, .centre = centre};
    if (!status && !gb_kmeans_best(&means, RESTARTS, seed))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        l->between = gb_share_between(point, n, width, means.inertia);
    free(values);
    free(centre);
    free(point);
    return status;
}

static gb_status make(correlation *all, const gb_clustering *c, gb_error *err) {
    size_t channels = 0;
    all->layers = calloc(c->count, sizeof *all->layers);
    for (size_t i = 0; all->layers && i < c->count; i++) {
        size_t n = c->layers[i].channels;
        all->layers[i] = (sums){calloc(n, sizeof(double)), calloc(n * n, sizeof(double)), 0};
        if (!all->layers[i].sum || !all->layers[i].product)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        channels = channels < n ? n : channels;
    }
    all->reduced = malloc(channels * SIDE * SIDE * sizeof *all->reduced);
    return all->layers && all->reduced ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

static void release(correlation *all) {
    for (size_t i = 0; all->layers && i < all->clustering->count; i++) {
        free(all->layers[i].sum);
        free(all->layers[i].product);
    }
    free(all->layers);
    free(all->reduced);
}

gb_status gb_cluster_by_correlation(gb_clustering *c, gb_model *model, const gb_cluster_options *o, gb_error *err) {
    const double sampling = 0.9;        /* share of the progress */
    correlation all = {.clustering = c};
    gb_status status = make(&all, c, err);
    if (!status)
        status = gb_clustering_sample(c, model, o, o->samples ? o->samples : SAMPLES, sampling, add_maps, &all, err);
    for (size_t i = 0; i < c->count && !status; i++) {
        status = cluster_layer(&c->layers[i], &all.layers[i], o->seed, err);
        if (!status)
            status = gb_clustering_progress(o, sampling + (1 - sampling) * (double)(i + 1) / (double)c->count, err);
    }
    release(&all);
    return status;
}

gb_status gb_cluster_maps(const float *maps, int channels, int height, int width, int clusters,
                          bool (*progress)(void *arg, double share), void *progress_arg, int *cluster, gb_error *err) {
    const gb_cluster_options how = {.progress = progress, .progress_arg = progress_arg};
    gb_clustered_layer layer = {.name = (char *)"maps", .clusters = clusters < channels ? clusters : channels,
                                .channels = (size_t)channels, .h = (size_t)height, .w = (size_t)width, .cluster = cluster};
    const gb_clustering one = {&layer, 1};
    correlation all = {.clustering = &one, .skip = true};
    if (channels < 1 || channels > UINT16_MAX || height < 1 || width < 1 || clusters < 1)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d maps of %dx%d cannot be grouped in %d clusters", channels, height, width, clusters);
    gb_status status = make(&all, &one, err);
    if (!status)
        status = add_maps(&all, 0, maps, err);
    if (!status)
        status = gb_clustering_progress(&how, 0.5, err);
    if (!status)
        status = cluster_layer(&layer, &all.layers[0], 0, err);
    release(&all);
    return status;
}
