/* gb_measure_tileability() of ganbend_analysis.h, after the evaluation that was published with the painting paper. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "engine/base/options.h"
#include "engine/base/work_count.h"
#include "engine/bend/bends.h"
#include "engine/ganbend_analysis.h"
#include "engine/graph/model.h"
#include "kept.h"
#include "look.h"
#include "samples.h"

enum { VECTORS = 512, MOST_VECTORS = 1000000, GRID = 2, MOST_GRID = 4096, FEATURES_SIZE = 256, EROSION = 3, ROLL = 3 };
enum { ORIGINAL, BLOCKS, EVERYWHERE, PICTURES };        /* of one vector */

typedef struct work {
    gb_model *model;
    const gb_tileability_options *o;
    gb_node node;
    const char *at;
    size_t channels, h, w;      /* of the layer */
    size_t floats;              /* of a picture */
    int grid;
    gb_session *session;
    gb_look look;
    bool *on_grid;              /* [h, w] */
    float *maps, *painted;      /* [channels, h, w] */
    float *pictures;            /* [PICTURES, floats] */
    float *features;            /* [PICTURES, look.channels, look.rows, look.columns] */
    float *mask, *rolled, *source;      /* [look.rows, look.columns] */
    float *mean;                /* [4, look.channels] */
    gb_error *err;
} work;

static gb_status no_memory(const work *k) {
    return gb_fail(k->err, GB_NO_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------------------------------------ masks */

/* The pixel of the layer under a pixel of the features: both enlarged to the picture by nearest neighbour. */
static size_t layer_pixel(size_t at, size_t features, size_t picture, size_t layer) {
    return at * picture / features * layer / picture;
}

/* Whether all pixels of the square around (y, x) belong to blocks; beyond the margin none does. */
static bool is_inside(const work *k, long y, long x, int square) {
    const size_t height = k->look.from[1], width = k->look.from[2];
    for (long v = y - square / 2; v <= y + square / 2; v++)
        for (long u = x - square / 2; u <= x + square / 2; u++) {
            if (v < 0 || u < 0 || v >= (long)k->look.rows || u >= (long)k->look.columns)
                return false;
            size_t row = layer_pixel((size_t)v, k->look.rows, height, k->h);
            if (!k->on_grid[row * k->w + layer_pixel((size_t)u, k->look.columns, width, k->w)])
                return false;
        }
    return true;
}

static gb_status make_masks(work *k) {
    size_t rows = k->look.rows, columns = k->look.columns;
    int square = k->o->erosion ? k->o->erosion : rows > k->h && columns > k->w ? EROSION : 1;
    size_t inside = 0;
    for (size_t y = 0; y < k->h; y++)
        for (size_t x = 0; x < k->w; x++)
            k->on_grid[y * k->w + x] = gb_on_grid((int)y, (int)k->h, k->grid) && gb_on_grid((int)x, (int)k->w, k->grid);
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < columns; x++) {
            bool on = is_inside(k, (long)y, (long)x, square);
            inside += on;
            k->mask[y * columns + x] = on;
            if (x + ROLL < columns)
                k->rolled[y * columns + x + ROLL] = on;
        }
    return inside ? GB_OK
                  : gb_fail(k->err, GB_BAD_ARGUMENT, "no pixel of the %zux%zu features lies in a block of %dx%d pixels of '%s', "
                            "eroded by %dx%d; look at larger pictures, or erode less", columns, rows, k->grid, k->grid, k->at,
                            square, square);
}

/* The pixels of the features that the pixel (y, x) of the layer covers, or if it covers none, the nearest. */
static void mark_source(const work *k, size_t y, size_t x) {
    size_t rows = k->look.rows, columns = k->look.columns, found = 0;
    for (size_t v = 0; v < rows; v++)
        for (size_t u = 0; u < columns; u++) {
            bool on = layer_pixel(v, rows, k->look.from[1], k->h) == y && layer_pixel(u, columns, k->look.from[2], k->w) == x;
            k->source[v * columns + u] = on;
            found += on;
        }
    if (!found)
        k->source[y * rows / k->h * columns + x * columns / k->w] = 1;
}

/* ------------------------------------------------------------------------------------------------ one vector */

/* The mean of a picture's features over a mask, or over all pixels. */
static void mean_features(const work *k, int picture, const float *mask, float *mean) {
    size_t plane = k->look.rows * k->look.columns;
    const float *value = k->features + (size_t)picture * k->look.channels * plane;
    double weight = 0;
    for (size_t i = 0; i < plane; i++)
        weight += mask ? (double)mask[i] : 1;
    for (size_t c = 0; c < k->look.channels; c++, value += plane) {
        double sum = 0;
        for (size_t i = 0; i < plane; i++)
            sum += (double)value[i] * (mask ? (double)mask[i] : 1);
        mean[c] = (float)(weight > 0 ? sum / weight : 0);
    }
}

static gb_agreement agreement(const float *a, const float *b, size_t count) {
    double difference = 0;
    for (size_t i = 0; i < count; i++)
        difference += fabs((double)a[i] - (double)b[i]);
    return (gb_agreement){(float)gb_cosine(a, b, count), (float)(difference / (double)count)};
}

static void compare(const work *k, gb_tileable *t) {
    size_t c = k->look.channels;
    float *blocks = k->mean, *everywhere = blocks + c, *source = everywhere + c, *other = source + c;
    mean_features(k, BLOCKS, k->mask, blocks);
    mean_features(k, EVERYWHERE, NULL, everywhere);
    mark_source(k, (size_t)t->y, (size_t)t->x);
    mean_features(k, ORIGINAL, k->source, source);
    t->blocks = agreement(blocks, everywhere, c);
    t->full_source = agreement(everywhere, source, c);
    t->block_source = agreement(blocks, source, c);
    mean_features(k, EVERYWHERE, k->mask, other);
    t->masked = agreement(blocks, other, c);
    mean_features(k, BLOCKS, k->rolled, other);
    t->rolled = agreement(other, everywhere, c);
}

static gb_status choose_pixel(const work *k, size_t i, gb_tileable *t) {
    const int *given = k->o->pixels ? k->o->pixels + 2 * i : NULL;
    uint64_t random = gb_mix(gb_mix(0, k->o->seed), i);
    t->y = given ? given[0] : (int)(random % (k->h > 1 ? k->h - 1 : 1));
    t->x = given ? given[1] : (int)((random >> 32) % (k->w > 1 ? k->w - 1 : 1));
    return t->y >= 0 && t->x >= 0 && (size_t)t->y < k->h && (size_t)t->x < k->w
               ? GB_OK
               : gb_fail(k->err, GB_BAD_ARGUMENT, "pixel %d,%d: '%s' has %zu rows and %zu columns", t->y, t->x, k->at, k->h, k->w);
}

/* Renders with the vector where `on` is true, or everywhere. */
static gb_status paint(const work *k, const float *vector, const bool *on, int picture) {
    size_t plane = k->h * k->w;
    for (size_t i = 0; i < k->channels * plane; i++)
        k->painted[i] = !on || on[i % plane] ? vector[i / plane] : k->maps[i];
    gb_status status = gb_session_feed(k->session, k->at, k->painted, k->err);
    return status ? status : gb_session_render(k->session, k->pictures + (size_t)picture * k->floats, k->err);
}

static gb_status measure_one(work *k, size_t i, gb_tileable *t, float *vector) {
    const gb_tileability_options *o = k->o;
    size_t plane = k->h * k->w;
    gb_status status = choose_pixel(k, i, t);
    if (!status)
        status = gb_session_feed(k->session, k->at, NULL, k->err);
    if (!status)
        status = gb_set_sample(k->model, k->session, o->seed + i, o->z, i, o->label, o->psi, k->err);
    if (!status)
        status = gb_session_render(k->session, k->pictures, k->err);
    if (!status)
        status = gb_session_read(k->session, k->node, k->maps, k->err);
    for (size_t c = 0; c < k->channels && !status; c++)
        vector[c] = k->maps[c * plane + (size_t)t->y * k->w + (size_t)t->x];
    if (!status)
        status = paint(k, vector, k->on_grid, BLOCKS);
    if (!status)
        status = paint(k, vector, NULL, EVERYWHERE);
    if (!status)
        status = gb_look_at(&k->look, k->pictures, k->features, k->err);
    if (!status)
        compare(k, t);
    return status;
}

/* ------------------------------------------------------------------------------------------------ the whole */

static gb_status prepare(work *k) {
    const gb_tileability_options *o = k->o;
    gb_node_info info;
    gb_status status = gb_find_map_layer(k->model, o->at, &k->node, &info, k->err);
    if (status)
        return status;
    if (o->grid < 0 || o->grid > MOST_GRID || o->erosion < 0 || (o->erosion && o->erosion % 2 == 0))
        return gb_fail(k->err, GB_BAD_ARGUMENT, "a grid of %d and erosion by %d: expected a grid of 1 to %d, and an odd number",
                       o->grid, o->erosion, (int)MOST_GRID);
    k->at = info.name;
    k->channels = (size_t)info.shape[0];
    k->h = (size_t)info.shape[1];
    k->w = (size_t)info.shape[2];
    k->grid = o->grid ? o->grid : GRID;
    status = gb_look_new(&k->look, k->model, o->features, o->features_at, o->features_size ? o->features_size : FEATURES_SIZE,
                                   PICTURES, false, k->err);
    if (status)
        return status;
    size_t layer = k->channels * k->h * k->w, plane = k->look.rows * k->look.columns;
    k->floats = k->look.from[0] * k->look.from[1] * k->look.from[2];
    k->on_grid = calloc(k->h * k->w, sizeof *k->on_grid);
    k->maps = malloc(layer * sizeof *k->maps);
    k->painted = malloc(layer * sizeof *k->painted);
    k->pictures = malloc(PICTURES * k->floats * sizeof *k->pictures);
    k->features = malloc(PICTURES * k->look.channels * plane * sizeof *k->features);
    k->mask = calloc(plane, sizeof *k->mask);
    k->rolled = calloc(plane, sizeof *k->rolled);
    k->source = calloc(plane, sizeof *k->source);
    k->mean = calloc(4 * k->look.channels, sizeof *k->mean);
    if (!k->on_grid || !k->maps || !k->painted || !k->pictures || !k->features || !k->mask || !k->rolled || !k->source || !k->mean)
        return no_memory(k);
    status = make_masks(k);
    if (!status)
        status = gb_session_new(k->model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &k->session, k->err);
    return status ? status : gb_session_tap(k->session, k->at, k->err);
}

/* Reads what a run that was interrupted has done: the first *next vectors. */
static gb_status go_on(work *k, size_t count, gb_kept *kept, uint64_t *next, gb_tileable *tileable, float *vectors) {
    const gb_tileability_options *o = k->o;
    const uint64_t whole[] = {gb_model_checksum(k->model), count, o->seed, (uint64_t)o->label, (uint64_t)k->node, (uint64_t)k->grid,
                              (uint64_t)o->erosion, (uint64_t)o->features_size, o->features ? gb_model_checksum(o->features) : 0,
                              o->features != NULL};
    gb_node_info z = {0};
    gb_model_node(k->model, gb_model_find_role(k->model, GB_ROLE_Z, 0), &z);
    uint32_t signature = gb_signature(gb_signature(0, whole, sizeof whole), &o->psi, sizeof o->psi);
    signature = gb_signature(signature, o->features_at, o->features_at ? strlen(o->features_at) : 0);
    signature = gb_signature(signature, o->z, count * (size_t)z.shape[0] * sizeof *o->z);
    signature = gb_signature(signature, o->pixels, 2 * count * sizeof *o->pixels);
    *kept = (gb_kept){.path = o->state, .signature = signature};
    gb_status status = gb_kept_add(kept, next, sizeof *next, k->err);
    if (!status)
        status = gb_kept_add(kept, tileable, count * sizeof *tileable, k->err);
    if (!status)
        status = gb_kept_add(kept, vectors, count * k->channels * sizeof *vectors, k->err);
    return status ? status : gb_kept_read(kept, k->err);
}

typedef struct place {
    float cosine;
    size_t index;
} place;

static int by_cosine(const void *a, const void *b) {
    const place *x = a, *y = b;
    return x->cosine < y->cosine ? -1 : x->cosine > y->cosine ? 1 : (x->index > y->index) - (x->index < y->index);
}

static gb_status set_ranks(const work *k, gb_tileable *t, size_t count) {
    place *order = calloc(count + 1, sizeof *order);
    if (!order)
        return no_memory(k);
    for (size_t i = 0; i < count; i++)
        order[i] = (place){isnan(t[i].blocks.cosine) ? -2 : t[i].blocks.cosine, i};
    qsort(order, count, sizeof *order, by_cosine);
    for (size_t i = 0; i < count; i++)
        t[order[i].index].rank = (int)i;
    free(order);
    return GB_OK;
}

gb_status gb_measure_tileability(gb_model *model, const gb_tileability_options *given, gb_tileable *tileable, float *vectors,
                                 gb_error *err) {
    gb_tileability_options options;
    work k = {.model = model, .o = &options, .err = err};
    if (GB_TAKE_OPTIONS(gb_tileability_options, state, &options, given, err))
        return GB_BAD_ARGUMENT;
    size_t count = options.count ? options.count : VECTORS;
    gb_status status = count <= MOST_VECTORS ? prepare(&k)
                                             : gb_fail(err, GB_BAD_ARGUMENT, "%zu vectors; at most %d", count, (int)MOST_VECTORS);
    gb_kept kept = {0};
    uint64_t next = 0;
    if (!status) {
        memset(tileable, 0, count * sizeof *tileable);
        memset(vectors, 0, count * k.channels * sizeof *vectors);
        status = go_on(&k, count, &kept, &next, tileable, vectors);
    }
    while (next < count && !status) {
        status = measure_one(&k, (size_t)next, &tileable[next], vectors + next * k.channels);
        if (!status) {
            next++;
            status = gb_kept_write(&kept, err);
        }
        if (!status && options.progress && !options.progress(options.progress_arg, (double)next / (double)count))
            status = gb_fail_cancelled(err);
    }
    if (!status)
        status = set_ranks(&k, tileable, count);
    status = gb_kept_end(&kept, status);
    gb_session_free(k.session);
    gb_look_free(&k.look);
    free(k.on_grid);
    free(k.maps);
    free(k.painted);
    free(k.pictures);
    free(k.features);
    free(k.mask);
    free(k.rolled);
    free(k.source);
    free(k.mean);
    return status;
}
