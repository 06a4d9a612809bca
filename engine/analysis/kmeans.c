/* k-means clustering. */
#include "kmeans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

enum { MOST_ITERATIONS = 1000 };

static double squared_distance(size_t width, const float *point, const double *centre) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        double by = (double)point[i] - centre[i];
        sum += by * by;
    }
    return sum;
}

static void put_centre(gb_kmeans *k, size_t cluster, size_t point) {
    for (size_t i = 0; i < k->width; i++)
        k->centre[cluster * k->width + i] = (double)k->point[point * k->width + i];
}

/* Assigns every point to the nearest centre; returns how many changed. */
static size_t assign(gb_kmeans *k) {
    size_t changed = 0;
    k->inertia = 0;
    for (size_t p = 0; p < k->points; p++) {
        double nearest = INFINITY;
        int at = 0;
        for (size_t c = 0; c < k->clusters; c++) {
            double d = squared_distance(k->width, k->point + p * k->width, k->centre + c * k->width);
            if (d < nearest) {
                nearest = d;
                at = (int)c;
            }
        }
        changed += k->cluster[p] != at;
        k->cluster[p] = at;
        k->inertia += nearest;
    }
    return changed;
}

/* Moves each centre to the mean of its points; returns the sum of the distances. `members` and `mean` are workspace. */
static double move_centres(gb_kmeans *k, gb_random *random, size_t *members, double *mean) {
    double moved = 0;
    memset(members, 0, k->clusters * sizeof *members);
    memset(mean, 0, k->clusters * k->width * sizeof *mean);
    for (size_t p = 0; p < k->points; p++) {
        size_t c = (size_t)k->cluster[p];
        members[c]++;
        for (size_t i = 0; i < k->width; i++)
            mean[c * k->width + i] += (double)k->point[p * k->width + i];
    }
    for (size_t c = 0; c < k->clusters; c++) {
        const float *drawn = members[c] ? NULL : k->point + gb_random_word(random) % k->points * k->width;
        double sum = 0;
        for (size_t i = 0; i < k->width; i++) {
            double *at = &k->centre[c * k->width + i];
            double to = drawn ? (double)drawn[i] : mean[c * k->width + i] / (double)members[c];
            sum += (to - *at) * (to - *at);
            *at = to;
        }
        moved += sqrt(sum);
    }
    return moved;
}

bool gb_kmeans_from(gb_kmeans *k, const size_t *initial, uint64_t seed) {
    size_t *members = malloc(k->clusters * sizeof *members + 1);
    double *mean = malloc(k->clusters * k->width * sizeof *mean + 1), moved = INFINITY;
    gb_random random;
    gb_random_seed(&random, seed);
    for (size_t c = 0; c < k->clusters; c++)
        put_centre(k, c, initial[c]);
    for (k->iterations = 0; members && mean && !(moved * moved < 1e-4) && k->iterations < MOST_ITERATIONS; k->iterations++) {
        assign(k);
        moved = move_centres(k, &random, members, mean);
    }
    free(members);
    free(mean);
    return members && mean;
}

/* ------------------------------------------------------------------------------------------------ k-means++ */

static double draw(gb_random *random) {
    return (double)gb_random_word(random) / 4294967296.0;
}

/* Draws each further centre with a probability proportional to the squared distance from the nearest so far. */
static void draw_centres(gb_kmeans *k, gb_random *random, double *distance) {
    put_centre(k, 0, gb_random_word(random) % k->points);
    for (size_t p = 0; p < k->points; p++)
        distance[p] = INFINITY;
    for (size_t c = 1; c < k->clusters; c++) {
        double sum = 0;
        for (size_t p = 0; p < k->points; p++) {
            double d = squared_distance(k->width, k->point + p * k->width, k->centre + (c - 1) * k->width);
            distance[p] = d < distance[p] ? d : distance[p];
            sum += distance[p];
        }
        double at = draw(random) * sum;
        size_t chosen = 0;
        while (chosen + 1 < k->points && (at -= distance[chosen]) >= 0)
            chosen++;
        put_centre(k, c, chosen);
    }
}

typedef struct sized {
    size_t members, cluster;
} sized;

static int largest_first(const void *a, const void *b) {
    const sized *x = a, *y = b;
    return x->members == y->members ? (x->cluster > y->cluster) - (x->cluster < y->cluster)
                                    : x->members < y->members ? 1 : -1;
}

/* Renumbers the clusters by size. `centre` is workspace. */
static bool sort_clusters(gb_kmeans *k, double *centre) {
    sized *sizes = calloc(k->clusters + 1, sizeof *sizes);
    int *number = malloc(k->clusters * sizeof *number + 1);
    bool good = sizes && number;
    for (size_t c = 0; good && c < k->clusters; c++)
        sizes[c].cluster = c;
    for (size_t p = 0; good && p < k->points; p++)
        sizes[k->cluster[p]].members++;
    if (good)
        qsort(sizes, k->clusters, sizeof *sizes, largest_first);
    for (size_t c = 0; good && c < k->clusters; c++) {
        number[sizes[c].cluster] = (int)c;
        memcpy(centre + c * k->width, k->centre + sizes[c].cluster * k->width, k->width * sizeof *centre);
    }
    for (size_t p = 0; good && p < k->points; p++)
        k->cluster[p] = number[k->cluster[p]];
    if (good)
        memcpy(k->centre, centre, k->clusters * k->width * sizeof *centre);
    free(sizes);
    free(number);
    return good;
}

bool gb_kmeans_best(gb_kmeans *k, int restarts, uint64_t seed) {
    size_t values = k->clusters * k->width, *members = malloc(k->clusters * sizeof *members + 1);
    double *distance = malloc(k->points * sizeof *distance + 1), *mean = malloc(values * sizeof *mean + 1);
    double *best_centre = malloc(values * sizeof *best_centre + 1), best = INFINITY;
    int *best_cluster = malloc(k->points * sizeof *best_cluster + 1);
    bool good = members && distance && mean && best_centre && best_cluster;
    gb_random random;
    gb_random_seed(&random, seed);
    for (int r = 0; good && r < restarts; r++) {
        draw_centres(k, &random, distance);
        for (size_t p = 0; p < k->points; p++)
            k->cluster[p] = -1;
        for (k->iterations = 0; assign(k) && k->iterations < MOST_ITERATIONS; k->iterations++)
            move_centres(k, &random, members, mean);
        if (!(k->inertia < best) && r)
            continue;
        best = k->inertia;
        memcpy(best_centre, k->centre, values * sizeof *best_centre);
        memcpy(best_cluster, k->cluster, k->points * sizeof *best_cluster);
    }
    if (good) {
        k->inertia = best;
        memcpy(k->centre, best_centre, values * sizeof *best_centre);
        memcpy(k->cluster, best_cluster, k->points * sizeof *best_cluster);
        good = sort_clusters(k, mean);
    }
    free(members);
    free(distance);
    free(mean);
    free(best_centre);
    free(best_cluster);
    return good;
}
