/* Finds latents in files by name and shape, and reads them by rank. Shapes are checked against the model before anything
 * is rendered. */
#include "latents.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "open_model.h"
#include "tools/program/arguments.h"

const char *shape_text(int ndim, const int64_t *shape, char text[SHAPE_ROOM]) {
    size_t used = 1;
    strcpy(text, "[");
    for (int i = 0; i < ndim; i++)
        used += (size_t)snprintf(text + used, SHAPE_ROOM - used, "%s%" PRId64, i ? "," : "", shape[i]);
    strcpy(text + used, "]");
    return text;
}

uint32_t crc32_of_bytes(const void *bytes, size_t size) {
    return (uint32_t)crc32_z(0, bytes, size);
}

uint32_t crc32_of(const float *values, size_t count) {
    return crc32_of_bytes(values, count * sizeof *values);
}

gb_status read_array(const gb_file *file, const char *path, size_t index, gb_array_info *info, float **values,
                     gb_error *err) {
    gb_file_array(file, index, info);
    if ((uint64_t)info->count >= SIZE_MAX / sizeof **values ||
        !(*values = malloc(((size_t)info->count + 1) * sizeof **values)))
        return state(err, GB_NO_MEMORY, "%s: out of memory for '%s'", path, info->name);
    if (gb_file_read(file, index, *values, err)) {
        free(*values);
        *values = NULL;
        return err->status;
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ reading by rank */

/* The latents that the model accepts. */
typedef struct wanted {
    const char *what;               /* "--w" */
    const char *const *names;       /* NULL-terminated; the last part of an array's path */
    int64_t width, rows;            /* rows: num_ws, or 1 for z's */
    latent_reading reading;
} wanted;

/* How an array is read: `count` latents of `rows` rows. */
typedef struct row_layout {
    size_t count;
    int rows;
} row_layout;

/* Reads a shape, ignoring leading dimensions of 1:
 *   [width]              one latent
 *   [n, width]           n latents, or one w+ if n is num_ws
 *   [n, num_ws, width]   n w+
 *   [n, 1, width]        n latents
 *   [num_ws · width]     one w+
 * False for any other shape. *ambiguous: [num_ws, 1, width] may be num_ws w's or one w+. */
static bool read_shape(const gb_array_info *info, const wanted *w, row_layout *r, bool *ambiguous) {
    int64_t shape[GB_DIMS];
    int ndim = 0;
    *ambiguous = false;
    for (int i = 0; i < info->ndim; i++)
        if (ndim || info->shape[i] != 1 || i + 3 > info->ndim) shape[ndim++] = info->shape[i];
    bool plus = w->rows > 1 && w->reading != LATENT_EACH_ROW;
    if (info->count <= 0 || ndim < 1 || ndim > 3) return false;
    if (ndim == 1 && shape[0] != w->width) {
        *r = (row_layout){1, (int)w->rows};
        return plus && shape[0] == w->rows * w->width;
    }
    if (shape[ndim - 1] != w->width) return false;
    int64_t all = info->count / w->width;               /* rows of numbers in all */
    bool layered = ndim == 3 && shape[1] == w->rows && w->rows > 1;
    if (ndim == 3 && shape[1] != 1 && !layered) return false;
    if (w->reading == LATENT_LAYERS && all % w->rows) return false;
    bool one = w->rows > 1 && all == w->rows && (ndim == 2 || shape[1] == 1);
    *ambiguous = one && ndim == 3 && w->reading == LATENT_BY_SHAPE;
    bool is_plus = w->reading == LATENT_LAYERS || (plus && (layered || one));
    *r = (row_layout){(size_t)(is_plus ? all / w->rows : all), is_plus ? (int)w->rows : 1};
    return true;
}

static gb_status refuse_ambiguous(const char *source, gb_status wrong, const gb_array_info *info, const wanted *w, gb_error *err) {
    char text[SHAPE_ROOM];
    return state(err, wrong, "%s: '%s' has shape %s: %" PRId64 " w's, or one w for each of the %" PRId64 " layers? "
                 "--w-as rows reads the former, --w-as layers the latter", source, info->name,
                 shape_text(info->ndim, info->shape, text), w->rows, w->rows);
}

/* `w` stands for w_dim and L for the number of layers. */
static const struct { const char *shape; latent_form form; } forms[] = {
    {"w", {"[w_dim]", "one w for all layers", "a row of any of the others"}},
    {"n,w", {"[n, w_dim]", "n w's; if n is the number of layers, one w for each layer", "network-bending's projector; w's saved "
             "from a mapping network"}},
    {"L,w", {"[num_ws, w_dim]", "one w for each layer", "Autolume's projected_w.pt, StyleCLIP's mapper, rosinality's projector "
             "with --w_plus"}},
    {"n,L,w", {"[n, num_ws, w_dim]", "one w for each layer of n images", "NVIDIA's projected_w.npz, pSp, e4e, PTI"}},
    {NULL, {"[num_ws · w_dim]", "one w for each layer", "flattened by scikit-learn or numpy"}},
    {NULL, {"[num_ws, 1, w_dim]", "ambiguous: --w-as rows or --w-as layers decides", "batches of one"}},
    {NULL, {"{w, ws, latent, …}", "the array of that name, at the top or at the end of a path; all of them in order", "most "
            "projectors"}},
    {NULL, {"{latent, noises}", "with its noise maps", "network-bending's projector"}},
    {NULL, {"{FILE: {latent, noise}}", "every file's latent, with its noise maps", "rosinality's projector"}},
    {NULL, {"[array, …], {FILE: [array, …]}", "every array, if all are latents", "ReStyle's latents.npy, pickled lists"}},
};
enum { FORMS = sizeof forms / sizeof *forms };

bool latent_form_at(size_t index, latent_form *form) {
    if (index < FORMS) *form = forms[index].form;
    return index < FORMS;
}

/* "[64], [n,64], [10,64] or [n,10,64]" */
static void list_shapes(const wanted *w, char text[SHAPE_ROOM]) {
    size_t used = 0, last = w->rows > 1 ? 3 : 1;
    for (size_t i = 0; i <= last; i++) {
        used += (size_t)snprintf(text + used, SHAPE_ROOM - used, "%s[", !i ? "" : i == last ? " or " : ", ");
        for (const char *c = forms[i].shape; *c; c++)
            used += (size_t)(*c == 'w'   ? snprintf(text + used, SHAPE_ROOM - used, "%" PRId64, w->width)
                             : *c == 'L' ? snprintf(text + used, SHAPE_ROOM - used, "%" PRId64, w->rows)
                                         : snprintf(text + used, SHAPE_ROOM - used, "%c", *c));
        used += (size_t)snprintf(text + used, SHAPE_ROOM - used, "]");
    }
}

static gb_status refuse_shape(const char *source, gb_status wrong, const gb_array_info *info, const wanted *w,
                              gb_error *err) {
    char text[SHAPE_ROOM], shapes[SHAPE_ROOM];
    list_shapes(w, shapes);
    return state(err, wrong, "%s: '%s' has shape %s, but this model takes %s", source, info->name,
                 shape_text(info->ndim, info->shape, text), shapes);
}

/* ------------------------------------------------------------------------------------------------ finding */

/* The arrays of a file that are latents, in the file's order. */
typedef struct found {
    size_t *index;
    row_layout *how;
    size_t count, total;        /* number of arrays; number of latents in them */
} found;

static void free_found(found *f) {
    free(f->index);
    free(f->how);
    *f = (found){0};
}

static const char *last_part(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static bool is_named(const char *part, const wanted *w) {
    for (size_t i = 0; w->names[i]; i++)
        if (!strcmp(part, w->names[i])) return true;
    return false;
}

/* Takes array `index` if its shape fits; all of a file must have the same number of rows. */
static gb_status take_array(const gb_file *file, const char *path, size_t index, const wanted *w, found *f, bool *fits,
                            gb_error *err) {
    gb_array_info info;
    bool ambiguous;
    row_layout r;
    gb_file_array(file, index, &info);
    *fits = read_shape(&info, w, &r, &ambiguous);
    if (!*fits) return GB_OK;
    if (ambiguous) return refuse_ambiguous(path, GB_BAD_FILE, &info, w, err);
    if (f->count && f->how[0].rows != r.rows)
        return state(err, GB_BAD_FILE, "%s: some of its latents have one w for all layers and some one for each; name an "
                     "array of one kind 'w'", path);
    f->index[f->count] = index;
    f->how[f->count++] = r;
    f->total += r.count;
    return GB_OK;
}

static gb_status refuse_file(const gb_file *file, const char *path, const wanted *w, gb_error *err) {
    size_t count = gb_file_array_count(file), named;
    gb_array_info info;
    char text[SHAPE_ROOM];
    for (named = 0; named < count; named++) {       /* the array that the name suggests */
        gb_file_array(file, named, &info);
        if (count == 1 || is_named(last_part(info.name), w)) return refuse_shape(path, GB_BAD_FILE, &info, w, err);
    }
    if (!count) return state(err, GB_BAD_FILE, "%s: contains no arrays", path);
    gb_file_array(file, 0, &info);
    return state(err, GB_BAD_FILE, "%s: %zu arrays, none of them called '%s', and not all are latents; the first is '%s' %s",
                 path, count, w->names[0], info.name, shape_text(info.ndim, info.shape, text));
}

/* Looks for an array at the top level with one of the names; then for all arrays whose path ends in one of the names; then
 * for all arrays except noise maps, if every one has the shape of a latent: other files may contain a vector of that
 * length by chance. */
static gb_status find_latents(const gb_file *file, const char *path, const wanted *w, found *f, gb_error *err) {
    size_t count = gb_file_array_count(file), index;
    bool fits = false;
    f->index = malloc((count + 1) * sizeof *f->index);
    f->how = malloc((count + 1) * sizeof *f->how);
    if (!f->index || !f->how) return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; w->names[i] && !f->count; i++)
        if (gb_file_find(file, w->names[i], &index)) {
            if (take_array(file, path, index, w, f, &fits, err)) return err->status;
            if (!fits) return refuse_file(file, path, w, err);
        }
    for (int by_name = 1; by_name >= 0 && !f->count; by_name--)
        for (size_t i = 0; i < count; i++) {
            gb_array_info info;
            gb_file_array(file, i, &info);
            if (by_name ? !is_named(last_part(info.name), w) : strstr(info.name, "noise") != NULL) continue;
            if (take_array(file, path, i, w, f, &fits, err)) return err->status;
            if (!by_name && !fits) return refuse_file(file, path, w, err);
        }
    return f->count ? GB_OK : refuse_file(file, path, w, err);
}

/* ------------------------------------------------------------------------------------------------ noise maps */

/* Finds noise map `number` of latent array `latent`: network-bending saves noises.0 beside `latent`, rosinality's projector
 * FILE.noise.0 beside FILE.latent. */
static bool find_noise(const gb_file *file, size_t latent, size_t number, size_t *index) {
    gb_array_info info;
    char name[1100];
    gb_file_array(file, latent, &info);
    int before = (int)(last_part(info.name) - info.name);
    if (before > 1000) return false;
    snprintf(name, sizeof name, "%.*snoises.%zu", before, info.name, number);
    if (gb_file_find(file, name, index)) return true;
    snprintf(name, sizeof name, "%.*snoise.%zu", before, info.name, number);
    return gb_file_find(file, name, index);
}

/* The node that adds the noise map of input `map`. */
gb_node noise_layer(const gb_model *model, gb_node map) {
    for (gb_node i = map + 1; i < (gb_node)gb_model_node_count(model); i++) {
        gb_node_info info;
        gb_model_node(model, i, &info);
        for (int k = 0; k < info.inputs; k++)
            if (info.input[k] == map) return i;
    }
    return GB_NO_NODE;
}

/* Loads map `number` of every latent into `map`: one for all latents, or one for each. `node` adds the noise. */
static gb_status load_map(const gb_file *file, const char *path, const found *f, size_t number, const gb_node_info *node,
                          size_t of, struct noise_map *map, gb_error *err) {
    size_t pixels = node->ndim == 3 ? (size_t)(node->shape[1] * node->shape[2]) : 0, length = strlen(node->name), index;
    for (size_t k = 0; k < f->count; k++) {
        gb_array_info info;
        float *values, *grown;
        char text[SHAPE_ROOM];
        if (!find_noise(file, f->index[k], number, &index))
            return state(err, GB_BAD_FILE, "%s: has %zu noise maps, but the model needs more: none for %s", path, number,
                         node->name);
        if (read_array(file, path, index, &info, &values, err)) return err->status;
        size_t samples = pixels ? (size_t)info.count / pixels : 0;
        if (!pixels || info.count <= 0 || (size_t)info.count % pixels || length >= sizeof map->layer ||
            (f->count == 1 && samples != 1 && samples != of) || (f->count > 1 && samples != f->how[k].count)) {
            free(values);
            return state(err, GB_BAD_FILE, "%s: '%s' has shape %s, but %s is %" PRId64 "x%" PRId64, path, info.name,
                         shape_text(info.ndim, info.shape, text), node->name, node->shape[1], node->shape[2]);
        }
        grown = realloc(map->values, (map->samples + samples) * pixels * sizeof *grown);
        if (grown) {
            map->values = grown;
            memcpy(grown + map->samples * pixels, values, samples * pixels * sizeof *grown);
            map->samples += samples;
        }
        free(values);
        if (!grown) return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    }
    map->count = pixels;
    memcpy(map->layer, node->name, length);
    return GB_OK;
}

/* Loads a noise map for every layer with noise, or none if the file has none. */
static gb_status load_noises(const gb_file *file, const char *path, const gb_model *model, const found *f, latents *l,
                             gb_error *err) {
    size_t layers = 0, index;
    while (gb_model_find_role(model, GB_ROLE_NOISE, (int)layers) != GB_NO_NODE) layers++;
    if (!layers || !find_noise(file, f->index[0], 0, &index)) return GB_OK;
    l->noises = calloc(layers, sizeof *l->noises);
    if (!l->noises) return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; !err->status && i < layers; i++) {
        gb_node_info node;
        gb_model_node(model, noise_layer(model, gb_model_find_role(model, GB_ROLE_NOISE, (int)i)), &node);
        l->noise_count = i + 1;
        load_map(file, path, f, i, &node, l->count, &l->noises[i], err);
    }
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ latents */

static gb_status load_numbers(const char *text, const wanted *w, latents *l, gb_error *err) {
    gb_array_info info;
    row_layout r;
    bool ambiguous;
    if (parse_numbers(w->what, text, &info, &l->values, err)) return err->status;
    if (!read_shape(&info, w, &r, &ambiguous)) return refuse_shape("numbers", GB_BAD_ARGUMENT, &info, w, err);
    if (ambiguous) return refuse_ambiguous("numbers", GB_BAD_ARGUMENT, &info, w, err);
    l->rows = r.rows;
    l->count = r.count;
    return GB_OK;
}

/* Reads the arrays one after the other. */
static gb_status load_arrays(const gb_file *file, const char *path, const found *f, latents *l, gb_error *err) {
    size_t floats = (size_t)f->how[0].rows * l->width, at = 0;
    if (f->total > SIZE_MAX / sizeof *l->values / floats || !(l->values = malloc(f->total * floats * sizeof *l->values)))
        return state(err, GB_NO_MEMORY, "%s: out of memory for %zu latents", path, f->total);
    for (size_t k = 0; k < f->count; k++) {
        if (gb_file_read(file, f->index[k], l->values + at * floats, err)) return err->status;
        at += f->how[k].count;
    }
    l->rows = f->how[0].rows;
    l->count = f->total;
    return GB_OK;
}

static gb_status load(const char *path, const gb_model *model, const wanted *w, latents *l, gb_error *err) {
    gb_file *file = NULL;
    found f = {0};
    *l = (latents){.width = (size_t)w->width};
    if (is_number_list(path)) return load_numbers(path, w, l, err);
    if (!gb_file_open(path, &file, err) && !find_latents(file, path, w, &f, err) &&
        !load_arrays(file, path, &f, l, err))
        load_noises(file, path, model, &f, l, err);
    free_found(&f);
    gb_file_close(file);
    return err->status;
}

gb_status load_z(const char *path, const gb_model *model, latents *l, gb_error *err) {
    static const char *const names[] = {"z", "latent_z", "noise_z", NULL};
    const wanted w = {.what = "--z", .names = names, .width = role_width(model, GB_ROLE_Z), .rows = 1};
    *l = (latents){0};
    if (!w.width) return state(err, GB_BAD_ARGUMENT, "--z: this model has no z");
    return load(path, model, &w, l, err);
}

static const char *const w_names[] = {"w", "ws", "latent", "latents", "w_plus", "wplus", "w_pivot", "dlatents", "projected_w",
                                      "latent_w", "latent_codes", NULL};

const char *latent_name_at(size_t index) {
    return index < sizeof w_names / sizeof *w_names ? w_names[index] : NULL;
}

gb_status load_w(const char *path, const gb_model *model, latent_reading reading, latents *l, gb_error *err) {
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info node;
    *l = (latents){0};
    if (ws == GB_NO_NODE) return state(err, GB_BAD_ARGUMENT, "--w: this model has no w's");
    gb_model_node(model, ws, &node);
    const wanted w = {.what = "--w", .names = w_names, .width = node.shape[node.ndim - 1],
                      .rows = node.ndim == 2 ? node.shape[0] : 1, .reading = reading};
    return load(path, model, &w, l, err);
}

gb_latent_space direction_space(const gb_model *model, const gb_direction *d) {
    return gb_model_find_role(model, GB_ROLE_WS, 0) == GB_NO_NODE ? GB_LATENT_Z : d->space;
}

void free_latents(latents *l) {
    for (size_t i = 0; i < l->noise_count; i++) free(l->noises[i].values);
    free(l->noises);
    free(l->values);
    *l = (latents){0};
}
