/* Clusters of maps that rise and fall together, by spectral clustering (Ng, Jordan, Weiss 2001). With r the correlation of two maps,
 *
 *     A = max(r, 0),   D = diag(Σ_v A(u, v)),   L = D^−½ A D^−½,
 *
 * the eigenvectors of the k largest eigenvalues of L are the columns of a matrix whose rows, scaled to length 1, are the points that
 * k-means groups. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clustering.h"
#include "eigen.h"
#include "engine/base/error.h"
#include "kmeans.h"

enum { SAMPLES = 100, SIDE = 16, RESTARTS = 50 };

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

static double correlation_of(const double *r, size_t n, size_t c, size_t d) {
    return c > d ? r[c * n + d] : r[d * n + c];
}

/* Of the standardised maps: total Σ 1 − Σ r/n, and within the clusters the same of each. */
static double share_between(const gb_clustered_layer *l, const double *r) {
    size_t n = l->channels;
    double *within = calloc((size_t)l->clusters + 1, sizeof *within), *members = calloc((size_t)l->clusters + 1, sizeof *members);
    double all = 0, variance, inertia = 0, count = 0;
    for (size_t c = 0; within && members && c < n; c++) {
        count += r[c * n + c] > 0;
        members[l->cluster[c]] += r[c * n + c] > 0;
        for (size_t d = 0; d < n; d++) {
            double v = correlation_of(r, n, c, d);
            all += v;
            within[l->cluster[c]] += l->cluster[c] == l->cluster[d] ? v : 0;
        }
    }
    for (int k = 0; within && members && k < l->clusters; k++)
        inertia += members[k] > 0 ? members[k] - within[k] / members[k] : 0;
    variance = count > 0 ? count - all / count : 0;
    free(within);
    free(members);
    return variance > 0 ? 1 - inertia / variance : 0;
}

/* Replaces the lower triangle of `a`, the correlations, by that of L. `degree` is workspace. */
static void normalise(double *a, size_t n, double *degree) {
    memset(degree, 0, n * sizeof *degree);
    for (size_t c = 0; c < n; c++)
        for (size_t d = 0; d <= c; d++) {
            double v = a[c * n + d] > 0 ? a[c * n + d] : 0;
            a[c * n + d] = v;
            degree[c] += v;
            degree[d] += c == d ? 0 : v;
        }
    for (size_t c = 0; c < n; c++)
        for (size_t d = 0; d <= c; d++) {
            double scale = sqrt(degree[c] * degree[d]);
            a[c * n + d] = scale > 0 ? a[c * n + d] / scale : 0;
        }
}

/* Maps that never change have no direction: their point is 0. */
static void place_points(const double *vectors, size_t n, size_t k, float *point) {
    for (size_t p = 0; p < n; p++) {
        double length = 0;
        for (size_t i = 0; i < k; i++)
            length += vectors[i * n + p] * vectors[i * n + p];
        length = sqrt(length);
        for (size_t i = 0; i < k; i++)
            point[p * k + i] = length > 1e-12 ? (float)(vectors[i * n + p] / length) : 0;
    }
}

static gb_status cluster_layer(gb_clustered_layer *l, sums *of, uint64_t seed, gb_error *err) {
    size_t n = l->channels, k = (size_t)l->clusters;
    double *values = malloc(n * sizeof *values), *centre = malloc(k * k * sizeof *centre), *r = malloc(n * n * sizeof *r);
    float *point = malloc(n * k * sizeof *point);
    gb_status status = values && centre && r && point ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    correlate(of, n);
    if (!status) {
        memcpy(r, of->product, n * n * sizeof *r);
        normalise(of->product, n, values);
    }
    gb_status decomposed = status ? GB_OK : gb_eigen_symmetric(n, of->product, values);
    if (decomposed)
        status = gb_fail(err, decomposed, decomposed == GB_NO_MEMORY ? "out of memory" : "the maps of a layer are not finite");
    if (!status)
        place_points(of->product, n, k, point);
    gb_kmeans means = {.points = n, .width = k, .clusters = k, .point = point, .cluster = l->cluster, .centre = centre};
    if (!status && !gb_kmeans_best(&means, RESTARTS, seed))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        l->between = share_between(l, r);
    free(values);
    free(centre);
    free(r);
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
    gb_kept kept = {0};
    gb_status status = make(&all, c, err);
    for (size_t i = 0; i < c->count && !status; i++) {
        size_t n = c->layers[i].channels;
        status = gb_kept_add(&kept, all.layers[i].sum, n * sizeof(double), err);
        if (!status)
            status = gb_kept_add(&kept, all.layers[i].product, n * n * sizeof(double), err);
        if (!status)
            status = gb_kept_add(&kept, &all.layers[i].pixels, sizeof(double), err);
    }
    if (!status)
        status = gb_clustering_sample(c, model, o, o->samples ? o->samples : SAMPLES, sampling, add_maps, &all, &kept, err);
    gb_kept_end(&kept, GB_OK);
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
