/* A layer's feature maps as a contact sheet, ordered by number, energy or cluster; and the clusters themselves. */
#include <stdlib.h>
#include <string.h>

#include "boundary.h"
#include "clusters.h"
#include "extent.h"
#include "handlers.h"
#include "outgoing.h"
#include "tools/program/json_output.h"

enum { USUAL_CLUSTERS = 8, SHEET_QUALITY = 80 };

typedef struct map_order {
    int channel, cluster;       /* -1: none */
    double energy;              /* root of the mean square */
} map_order;

typedef struct layer {
    boundary b;
    map_order *order;           /* by channel, then in the requested order */
    bool clustered;
} layer;

static void free_layer(layer *l) {
    boundary_free(&l->b);
    free(l->order);
}

static gb_status open_layer(live *s, const message *m, layer *l, gb_error *err) {
    const boundary *b = &l->b;
    if (boundary_read(s, m->recipe, m->node, &l->b, err)) return err->status;
    if (b->info.ndim != 3) return state(err, GB_BAD_ARGUMENT, "'%s' has no feature maps", b->info.name);
    l->order = calloc(b->maps, sizeof *l->order);
    if (!l->order) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < b->maps; i++) {
        extent e = measure(b->values + i * b->h * b->w, b->h * b->w);
        l->order[i] = (map_order){(int)i, -1, extent_energy(&e)};
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ clusters */

static void put_in(layer *l, const json_t *feature, json_int_t cluster) {
    json_int_t channel = json_integer_value(feature);
    if (!json_is_integer(feature) || channel < 0 || (size_t)channel >= l->b.maps || cluster < 0 ||
        cluster >= INT32_MAX)
        return;
    l->order[channel].cluster = (int)cluster;
    l->clustered = true;
}

/* Reads the clusters that the recipe itself contains for this layer: lists of features, or pairs as in a cluster file. */
static gb_status recipe_clusters(live *s, layer *l, gb_error *err) {
    const char *text;
    json_t *tree, *list, *entry, *feature;
    json_error_t why;
    size_t i, k;
    if (gb_recipe_json(s->bent.recipes[0], &text, err)) return err->status;
    tree = json_read(text, strlen(text), 0, &why);
    if (!tree) return state(err, GB_NO_MEMORY, "out of memory for the recipe's clusters");
    list = json_object_get(json_object_get(tree, "clusters"), l->b.info.name);
    if (!list && l->b.info.alias) list = json_object_get(json_object_get(tree, "clusters"), l->b.info.alias);
    json_array_foreach(list, i, entry) {
        if (json_is_object(entry))
            put_in(l, json_object_get(entry, "feature_index"),
                   json_integer_value(json_object_get(entry, "cluster_index")));
        json_array_foreach(entry, k, feature) put_in(l, feature, (json_int_t)i);
    }
    json_decref(tree);
    return GB_OK;
}

static gb_status find_clusters(const live *s, layer *l, int count, gb_error *err) {
    int *cluster = malloc(l->b.maps * sizeof *cluster);
    if (!cluster) return state(err, GB_NO_MEMORY, "out of memory");
    if (!cluster_maps(l->b.values, l->b.maps, l->b.h, l->b.w, count, cluster, s->closing, err)) {
        for (size_t i = 0; i < l->b.maps; i++) l->order[i].cluster = cluster[i];
        l->clustered = true;
    }
    free(cluster);
    return err->status;
}

gb_status handle_cluster(live *s, const message *m, outgoing *p, gb_error *err) {
    layer l = {0};
    json_t *clusters;
    if (m->samples) return cluster_samples(s, m, err);
    clusters = json_array();
    if (!open_layer(s, m, &l, err) && !find_clusters(s, &l, (int)m->clusters, err)) {
        for (int k = 0; k < (int)m->clusters && (size_t)k < l.b.maps; k++) {
            json_t *features = json_array();
            for (size_t i = 0; i < l.b.maps; i++)
                if (l.order[i].cluster == k) add_json(&features, json_integer((json_int_t)i));
            add_json(&clusters, features);
        }
        pack_answer(m->id, json_pack("{s:O}", "clusters", clusters), p, err);
    }
    json_decref(clusters);
    free_layer(&l);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the sheet */

static int by_energy(const void *a, const void *b) {
    const map_order *x = a, *y = b;
    return x->energy != y->energy ? (x->energy < y->energy) - (x->energy > y->energy) : x->channel - y->channel;
}

/* Maps without a cluster come last. */
static int by_cluster(const void *a, const void *b) {
    const map_order *x = a, *y = b;
    unsigned of_x = (unsigned)x->cluster, of_y = (unsigned)y->cluster;
    return of_x != of_y ? (of_x > of_y) - (of_x < of_y) : x->channel - y->channel;
}

/* Draws the map in the middle of its square, its smallest value black and its largest white. A constant map is black. */
static void draw_map(const layer *l, int channel, size_t side, uint8_t *grey, size_t stride) {
    size_t h = l->b.h, w = l->b.w, larger = h > w ? h : w, rows = side * h / larger, columns = side * w / larger;
    const float *map = l->b.values + (size_t)channel * h * w;
    extent e = measure(map, h * w);
    double scale = e.high > e.low ? 255.0 / ((double)e.high - (double)e.low) : 0;
    if (rows < 1) rows = 1;
    if (columns < 1) columns = 1;
    grey += (side - rows) / 2 * stride + (side - columns) / 2;
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < columns; x++) {
            double v = scale > 0 ? ((double)area_mean(map, h, w, rows, columns, y, x) - (double)e.low) * scale : 0;
            grey[y * stride + x] = v >= 255 ? 255 : v > 0 ? (uint8_t)(v + 0.5) : 0;
        }
    }
}

static json_t *sheet_header(const layer *l, const message *m, const map_order *shown, size_t count, size_t columns) {
    json_t *channels = json_array(), *energies = json_array(), *clusters = l->clustered ? json_array() : json_null();
    for (size_t i = 0; i < count; i++) {
        add_json(&channels, json_integer(shown[i].channel));
        add_json(&energies, number_json(shown[i].energy));
        if (l->clustered) add_json(&clusters, json_integer(shown[i].cluster));
    }
    return json_pack("{s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "kind", "maps", "format", encoder_format, "id",
                     (json_int_t)m->id, "node", text_json(l->b.info.name), "columns", (json_int_t)columns, "rows",
                     (json_int_t)((count + columns - 1) / columns), "side", (json_int_t)m->side, "first",
                     (json_int_t)m->first, "of", (json_int_t)l->b.maps, "channels", channels, "energies", energies,
                     "clusters", clusters);
}

static gb_status draw_sheet(live *s, const layer *l, const message *m, outgoing *p, gb_error *err) {
    size_t first = (size_t)m->first < l->b.maps ? (size_t)m->first : l->b.maps, side = (size_t)m->side;
    size_t count = l->b.maps - first < (size_t)m->count ? l->b.maps - first : (size_t)m->count;
    size_t columns = 1, rows;
    uint8_t *grey;
    while (columns * columns < count) columns++;
    rows = count ? (count + columns - 1) / columns : 1;
    grey = calloc(columns * side, rows * side);
    if (!grey) return state(err, GB_NO_MEMORY, "out of memory for the feature maps");
    for (size_t i = 0; i < count; i++)
        draw_map(l, l->order[first + i].channel, side, grey + (i / columns * side * columns + i % columns) * side,
                 columns * side);
    if (!encode_picture(&s->encoder, grey, (int)(columns * side), (int)(rows * side), true, SHEET_QUALITY, err))
        pack_binary(sheet_header(l, m, l->order + first, count, columns), s->encoder.bytes, s->encoder.size, p, err);
    free(grey);
    return err->status;
}

gb_status handle_maps(live *s, const message *m, outgoing *p, gb_error *err) {
    layer l = {0};
    bool by_clusters = !strcmp(m->order, "cluster");
    if (!open_layer(s, m, &l, err) && !recipe_clusters(s, &l, err) &&
        !(by_clusters && !l.clustered && find_clusters(s, &l, USUAL_CLUSTERS, err))) {
        if (by_clusters) qsort(l.order, l.b.maps, sizeof *l.order, by_cluster);
        else if (!strcmp(m->order, "energy")) qsort(l.order, l.b.maps, sizeof *l.order, by_energy);
        draw_sheet(s, &l, m, p, err);
    }
    free_layer(&l);
    return err->status;
}
