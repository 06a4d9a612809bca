/* k-means with k-means++ seeding (Arthur and Vassilvitskii 2007). The maps are resized to at most 16x16, their mean is
 * subtracted, and they are normalised to length 1, so that maps of the same pattern are similar whatever their strength. */
#include "clusters.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/arguments.h"

enum { MAX_SIDE = 16, ROUNDS = 40 };

typedef struct clustering {
    size_t points, size;        /* number of points, and of values in each */
    size_t count;               /* of clusters */
    float *point, *centre;
    double *distance;           /* of each point to its centre, squared */
    size_t *members;
    int *cluster;
    uint64_t random;
} clustering;

float area_mean(const float *map, size_t h, size_t w, size_t rows, size_t columns, size_t y, size_t x) {
    size_t y0 = y * h / rows, y1 = (y + 1) * h / rows, x0 = x * w / columns, x1 = (x + 1) * w / columns, n = 0;
    double sum = 0;
    if (y1 <= y0) y1 = y0 + 1;
    if (x1 <= x0) x1 = x0 + 1;
    for (size_t i = y0; i < y1; i++) {
        for (size_t k = x0; k < x1; k++) {
            if (!isfinite(map[i * w + k])) continue;
            sum += (double)map[i * w + k];
            n++;
        }
    }
    return n ? (float)(sum / (double)n) : 0;
}

static void describe(const float *map, size_t h, size_t w, size_t rows, size_t columns, float *point) {
    size_t size = rows * columns;
    double mean = 0, length = 0;
    for (size_t i = 0; i < size; i++) {
        point[i] = area_mean(map, h, w, rows, columns, i / columns, i % columns);
        mean += (double)point[i] / (double)size;
    }
    for (size_t i = 0; i < size; i++) {
        point[i] -= (float)mean;
        length += (double)point[i] * (double)point[i];
    }
    length = sqrt(length);
    for (size_t i = 0; i < size; i++) point[i] = length > 0 ? (float)((double)point[i] / length) : 0;
}

static double between(const float *a, const float *b, size_t size) {
    float sum = 0;
    for (size_t i = 0; i < size; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return (double)sum;
}

/* Uniform in [0, 1), by splitmix64. */
static double draw(clustering *c) {
    uint64_t x = c->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((x ^ x >> 31) >> 11) / 9007199254740992.0;
}

/* Draws a point with a probability proportional to its squared distance from the nearest centre so far. */
static size_t draw_point(clustering *c) {
    double sum = 0, at;
    for (size_t i = 0; i < c->points; i++) sum += c->distance[i];
    at = draw(c) * sum;
    for (size_t i = 0; i < c->points; i++)
        if ((at -= c->distance[i]) < 0) return i;
    return (size_t)(draw(c) * (double)c->points) % c->points;
}

static void seed(clustering *c) {
    for (size_t i = 0; i < c->points; i++) c->distance[i] = 1;
    for (size_t k = 0; k < c->count; k++) {
        const float *chosen = c->point + draw_point(c) * c->size;
        memcpy(c->centre + k * c->size, chosen, c->size * sizeof *chosen);
        for (size_t i = 0; i < c->points; i++) {
            double d = between(c->point + i * c->size, chosen, c->size);
            if (!k || d < c->distance[i]) c->distance[i] = d;
        }
    }
}

/* Assigns every point to its nearest centre. Returns whether any assignment changed. */
static bool assign(clustering *c) {
    bool changed = false;
    for (size_t i = 0; i < c->points; i++) {
        int nearest = 0;
        c->distance[i] = INFINITY;
        for (size_t k = 0; k < c->count; k++) {
            double d = between(c->point + i * c->size, c->centre + k * c->size, c->size);
            if (d < c->distance[i]) {
                c->distance[i] = d;
                nearest = (int)k;
            }
        }
        changed |= c->cluster[i] != nearest;
        c->cluster[i] = nearest;
    }
    return changed;
}

/* Moves every centre to the mean of its points, and a centre without points to the point farthest from its own centre. */
static void move_centres(clustering *c) {
    memset(c->centre, 0, c->count * c->size * sizeof *c->centre);
    memset(c->members, 0, c->count * sizeof *c->members);
    for (size_t i = 0; i < c->points; i++) {
        float *centre = c->centre + (size_t)c->cluster[i] * c->size;
        for (size_t j = 0; j < c->size; j++) centre[j] += c->point[i * c->size + j];
        c->members[c->cluster[i]]++;
    }
    for (size_t k = 0; k < c->count; k++) {
        size_t worst = 0;
        float *centre = c->centre + k * c->size;
        for (size_t j = 0; c->members[k] && j < c->size; j++) centre[j] /= (float)c->members[k];
        if (c->members[k]) continue;
        for (size_t i = 1; i < c->points; i++)
            if (c->distance[i] > c->distance[worst]) worst = i;
        memcpy(centre, c->point + worst * c->size, c->size * sizeof *centre);
        c->distance[worst] = 0;
    }
}

/* Renumbers the clusters by size, the largest first. */
static void sort_clusters(clustering *c) {
    int number[64];
    memset(c->members, 0, c->count * sizeof *c->members);
    for (size_t i = 0; i < c->points; i++) c->members[c->cluster[i]]++;
    for (size_t k = 0; k < c->count; k++) {
        number[k] = 0;
        for (size_t other = 0; other < c->count; other++)
            number[k] += c->members[other] > c->members[k] || (c->members[other] == c->members[k] && other < k);
    }
    for (size_t i = 0; i < c->points; i++) c->cluster[i] = number[c->cluster[i]];
}

gb_status cluster_maps(const float *maps, size_t channels, size_t h, size_t w, int count, int *cluster,
                       const atomic_bool *stop, gb_error *err) {
    size_t rows = h < MAX_SIDE ? h : MAX_SIDE, columns = w < MAX_SIDE ? w : MAX_SIDE;
    clustering c = {.points = channels, .size = rows * columns, .cluster = cluster,
                    .count = (size_t)count < channels ? (size_t)count : channels};
    c.point = malloc(channels * c.size * sizeof *c.point);
    c.centre = malloc(c.count * c.size * sizeof *c.centre);
    c.distance = malloc(channels * sizeof *c.distance);
    c.members = malloc(c.count * sizeof *c.members);
    if (c.point && c.centre && c.distance && c.members) {
        for (size_t i = 0; i < channels; i++) {
            describe(maps + i * h * w, h, w, rows, columns, c.point + i * c.size);
            cluster[i] = -1;
        }
        seed(&c);
        for (int round = 0; round < ROUNDS && !atomic_load(stop) && assign(&c); round++) move_centres(&c);
        if (atomic_load(stop)) state(err, GB_CANCELLED, "the page was closed");     /* perhaps before anything was assigned */
        else sort_clusters(&c);
    } else {
        state(err, GB_NO_MEMORY, "out of memory while clustering");
    }
    free(c.point);
    free(c.centre);
    free(c.distance);
    free(c.members);
    return err->status;
}
