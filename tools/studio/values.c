/* The values of a boundary for the bench: one of its maps or all of them as one, as numbers for the page to draw, with
 * statistics of every map; and exactly, as an .npz in the output folder. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boundary.h"
#include "extent.h"
#include "folder.h"
#include "handlers.h"
#include "outgoing.h"
#include "projects.h"

enum { MAX_VECTOR = 1 << 20, COLOURS = 3, NUMBERS = 6 };

/* What is asked for of a boundary: planes of [h, w]. */
typedef struct view {
    const float *planes;
    size_t count;
    float *made;                /* to be freed */
} view;

static gb_status make_view(const boundary *b, const message *m, view *v, gb_error *err) {
    const char *name = b->info.name;
    *v = (view){.planes = b->values, .count = 1};
    if (!strcmp(m->show, "map")) {
        if ((uint64_t)m->channel >= b->maps)
            return state(err, GB_BAD_ARGUMENT, "'%s' has %zu maps, counted from 0", name, b->maps);
        v->planes += (size_t)m->channel * b->h * b->w;
    } else if (!strcmp(m->show, "colour")) {
        if (b->maps != COLOURS) return state(err, GB_BAD_ARGUMENT, "'%s' is not a picture of three colours", name);
        v->count = COLOURS;
    } else if (!strcmp(m->show, "all")) {
        v->count = b->maps;
    } else {
        if (boundary_combine(b, !strcmp(m->show, "energy"), &v->made, err)) return err->status;
        v->planes = v->made;
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ for the page */

/* min, max, mean, deviation, share of zeros, and how many values are not finite. */
static void describe_map(const boundary *b, size_t map, float numbers[NUMBERS]) {
    size_t count = b->h * b->w;
    extent e = measure(b->values + map * count, count);
    numbers[0] = e.finite ? e.low : NAN;
    numbers[1] = e.finite ? e.high : NAN;
    numbers[2] = (float)extent_mean(&e);
    numbers[3] = (float)extent_deviation(&e);
    numbers[4] = (float)((double)e.zeros / (double)count);
    numbers[5] = (float)e.nan;
}

static json_t *extent_json(const extent *e, size_t count) {
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:I}", "count", (json_int_t)count, "min", float_json(e->low), "max",
                     float_json(e->high), "mean", number_json(extent_mean(e)), "deviation",
                     number_json(extent_deviation(e)), "zeros", number_json((double)e->zeros / (double)count), "nan",
                     (json_int_t)e->nan);
}

static json_t *values_header(const boundary *b, const message *m, const view *v, size_t rows, size_t columns) {
    size_t count = v->count * b->h * b->w;
    extent e = measure(v->planes, count);
    json_t *shape = json_array();
    for (int i = 0; i < b->info.ndim; i++) add_json(&shape, json_integer(b->info.shape[i]));
    return json_pack("{s:s, s:I, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "kind", "values", "id",
                     (json_int_t)m->id, "node", text_json(b->info.name), "shape", shape, "show", m->show, "channel",
                     (json_int_t)m->channel, "maps", (json_int_t)b->maps, "planes", (json_int_t)v->count, "height",
                     (json_int_t)rows, "width", (json_int_t)columns, "each", m->each, "statistics", extent_json(&e, count));
}

/* Maps larger than the wanted side are reduced by means of areas; a vector has no areas and comes whole. */
static gb_status pack_values(const boundary *b, const message *m, const view *v, outgoing *p, gb_error *err) {
    size_t larger = b->h > b->w ? b->h : b->w, side = b->info.ndim == 1 || larger < (size_t)m->side ? larger : (size_t)m->side;
    size_t rows = b->h * side / larger, columns = b->w * side / larger;
    if (rows < 1) rows = 1;
    if (columns < 1) columns = 1;
    size_t plane = rows * columns, numbers = m->each ? b->maps * NUMBERS : 0, count = v->count * plane + numbers;
    float *sent = malloc(count * sizeof *sent), *to = sent;
    if (!sent) return state(err, GB_NO_MEMORY, "out of memory for the values of '%s'", b->info.name);
    for (size_t i = 0; i < v->count; i++, to += plane) {
        const float *from = v->planes + i * b->h * b->w;
        if (side == larger) memcpy(to, from, plane * sizeof *to);
        for (size_t at = 0; side < larger && at < plane; at++)
            to[at] = area_mean(from, b->h, b->w, rows, columns, at / columns, at % columns);
    }
    for (size_t i = 0; i < numbers / NUMBERS; i++) describe_map(b, i, to + i * NUMBERS);
    pack_binary(values_header(b, m, v, rows, columns), (const unsigned char *)sent, count * sizeof *sent, p, err);
    free(sent);
    return err->status;
}

gb_status handle_values(live *s, const message *m, outgoing *p, gb_error *err) {
    boundary b;
    view v = {0};
    if (!boundary_read(s, m->recipe, m->node, &b, err) && b.info.ndim == 1 && b.w > MAX_VECTOR)
        state(err, GB_BAD_ARGUMENT, "'%s' has more than a million values", b.info.name);
    if (!err->status && !make_view(&b, m, &v, err)) pack_values(&b, m, &v, p, err);
    free(v.made);
    boundary_free(&b);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ as a file */

/* The array has the name of the node and is [1, shape…], as `ganbend dump` writes it, or one plane [h, w]. */
static gb_status write_npz(const char *path, const boundary *b, const view *v, bool is_whole, gb_error *err) {
    int64_t shape[4] = {(int64_t)b->h, (int64_t)b->w};
    gb_npz *npz = NULL;
    if (is_whole) {
        shape[0] = 1;
        memcpy(shape + 1, b->info.shape, (size_t)b->info.ndim * sizeof *shape);
    }
    if (!gb_npz_new(path, &npz, err) &&
        !gb_npz_add(npz, b->info.name, is_whole ? b->info.ndim + 1 : 2, shape, v->planes, err))
        gb_npz_finish(npz, err);
    gb_npz_free(npz);
    return err->status;
}

/* "synthesis.b16.conv1-map3" */
static void name_values(const boundary *b, const message *m, char stem[PROJECT_NAME]) {
    char node[PROJECT_NAME], what[24] = "";
    make_valid_name(b->info.name, node);
    if (!strcmp(m->show, "map")) snprintf(what, sizeof what, "-map%d", (int)m->channel);
    else if (strcmp(m->show, "all") != 0) snprintf(what, sizeof what, "-%s", m->show);
    snprintf(stem, PROJECT_NAME, "%.36s%s", node, what);
    if (!is_valid_name(stem)) snprintf(stem, PROJECT_NAME, "values%s", what);      /* cut within a letter */
}

gb_status handle_export(live *s, const message *m, outgoing *p, gb_error *err) {
    const char *out = s->shared->out;
    char unfinished[PATH_ROOM], stem[PROJECT_NAME], file[FOLDER_FILE];
    boundary b;
    view v = {0};
    if (!boundary_read(s, m->recipe, m->node, &b, err) && !make_view(&b, m, &v, err) && !folder_prepare(out, NULL, err) &&
        !unfinished_path(unfinished, out, err)) {
        strcat(unfinished, ".npz");     /* the name says the format; unfinished_path() leaves room for it */
        name_values(&b, m, stem);
        if (write_npz(unfinished, &b, &v, !strcmp(m->show, "all"), err) ||
            folder_move_numbered(out, unfinished, stem, ".npz", file, err))
            folder_remove(unfinished);
        else
            pack_answer(m->id, json_pack("{s:o}", "file", text_json(file)), p, err);
    }
    free(v.made);
    boundary_free(&b);
    return err->status;
}
