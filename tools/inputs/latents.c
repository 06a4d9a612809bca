/* Reading of latent files. Which array is meant goes by its name, so a whole reference file or a projector's output can
 * be handed over as it is; shapes are checked against the model before anything is rendered. */
#include "latents.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    const unsigned char *b = bytes;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= b[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
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

/* The array under one of `names` (up to a NULL), or the only one there is. */
static gb_status find_latent(const gb_file *file, const char *path, const char *const *names, size_t *index,
                             gb_error *err) {
    for (size_t i = 0; names[i]; i++)
        if (gb_file_find(file, names[i], index)) return GB_OK;
    *index = 0;
    if (gb_file_arrays(file) == 1) return GB_OK;
    return state(err, GB_BAD_FILE, "%s: %zu arrays, and none of them is called '%s'", path, gb_file_arrays(file),
                 names[0]);
}

/* network-bending keeps noises.0, noises.1, … in the order of the layers that have noise. */
static gb_status load_noises(const gb_file *file, const char *path, const gb_model *model, latents *l, gb_error *err) {
    size_t layers = gb_model_match(model, "*.noise", NULL, 0), index;
    gb_node *nodes;
    gb_status status = GB_OK;
    if (!gb_file_find(file, "noises.0", &index)) return GB_OK;
    nodes = malloc((layers + 1) * sizeof *nodes);
    l->noises = calloc(layers + 1, sizeof *l->noises);
    if (!nodes || !l->noises) status = state(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (!status) layers = gb_model_match(model, "*.noise", nodes, layers);
    for (size_t i = 0; !status && i < layers; i++) {
        struct noise_map *map = &l->noises[i];
        gb_node_info node;
        gb_array_info info;
        size_t pixels, length;
        char name[32], text[SHAPE_ROOM];
        snprintf(name, sizeof name, "noises.%zu", i);
        gb_model_node(model, nodes[i], &node);
        if (!gb_file_find(file, name, &index)) {
            status = state(err, GB_BAD_FILE, "%s: %zu noise maps, but %zu layers of the model have noise", path, i,
                           layers);
            break;
        }
        l->noise_count = i + 1;
        status = read_array(file, path, index, &info, &map->values, err);
        if (status) break;
        pixels = node.ndim == 3 ? (size_t)(node.shape[1] * node.shape[2]) : 0;
        length = strlen(node.name) - strlen(".noise");
        if (!pixels || info.count <= 0 || (size_t)info.count % pixels || length >= sizeof map->layer ||
            ((size_t)info.count != pixels && (size_t)info.count / pixels != l->count)) {
            status = state(err, GB_BAD_FILE, "%s: '%s' has shape %s, but %s is %" PRId64 "x%" PRId64, path, name,
                           shape_text(info.ndim, info.shape, text), node.name, node.shape[1], node.shape[2]);
            break;
        }
        map->count = pixels;
        map->samples = (size_t)info.count / pixels;
        memcpy(map->layer, node.name, length);
    }
    free(nodes);
    return status;
}

/* ------------------------------------------------------------------------------------------------ numbers as text */

typedef struct number_list {
    const char *what;           /* "--z" */
    float *values;
    size_t count, room;
    int ndim;
    int64_t shape[GB_DIMS];     /* -1 until the first list of that depth has ended */
} number_list;

static gb_status add_number(number_list *l, float value, gb_error *err) {
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 1024;
        float *grown = realloc(l->values, room * sizeof *grown);
        if (!grown) return state(err, GB_NO_MEMORY, "%s: out of memory", l->what);
        l->values = grown;
        l->room = room;
    }
    l->values[l->count++] = value;
    return GB_OK;
}

static gb_status no_list(const char *what, gb_error *err) {
    return state(err, GB_BAD_ARGUMENT, "%s takes a FILE or a list of numbers, as in [0.5, -1.25], or equally long lists in "
                 "a list", what);
}

/* Lists in lists, all of one depth the same length. */
static gb_status parse_list(const char *text, number_list *l, gb_error *err) {
    enum { MOST_DEPTH = 3 };
    int64_t items[MOST_DEPTH] = {0};
    int depth = 0;
    for (const char *c = text; *c || depth > 0;) {
        char *end;
        float value;
        if (*c == ' ' || *c == ',') {
            c++;
        } else if (*c == '[') {
            if (depth == MOST_DEPTH || (depth == 0 && c != text)) return no_list(l->what, err);
            if (depth > 0) items[depth - 1]++;
            items[depth++] = 0;
            c++;
        } else if (*c == ']' && depth > 0) {
            depth--;
            if (l->shape[depth] >= 0 && l->shape[depth] != items[depth]) return no_list(l->what, err);
            l->shape[depth] = items[depth];
            c++;
        } else {
            value = strtof(c, &end);
            if (end == c || depth == 0 || (l->ndim && l->ndim != depth) || !isfinite(value)) return no_list(l->what, err);
            l->ndim = depth;
            items[depth - 1]++;
            if (add_number(l, value, err)) return err->status;
            c = end;
        }
    }
    int64_t product = l->ndim > 0;
    for (int d = 0; d < l->ndim; d++) product *= l->shape[d];
    return product == (int64_t)l->count && l->count ? GB_OK : no_list(l->what, err);
}

bool is_number_list(const char *text) {
    return *text == '[';
}

static gb_status parse_numbers(const char *what, const char *text, gb_array_info *info, float **values, gb_error *err) {
    number_list l = {.what = what, .shape = {-1, -1, -1}};
    if (parse_list(text, &l, err)) {
        free(l.values);
        return err->status;
    }
    *values = l.values;
    *info = (gb_array_info){.name = what, .ndim = l.ndim, .count = (int64_t)l.count};
    memcpy(info->shape, l.shape, sizeof l.shape);
    return GB_OK;
}

/* True where all rows of each of the `count` are alike: the first says all of it. */
static bool has_equal_rows(const float *values, size_t count, size_t rows, size_t width) {
    for (size_t i = 0; i < count * rows; i++)
        if (memcmp(values + i * width, values + i / rows * rows * width, width * sizeof *values) != 0) return false;
    return true;
}

char *numbers_text(const float *values, size_t count, size_t rows, size_t width) {
    enum { NUMBER_ROOM = 20 };              /* "-1.23456789e-38, " */
    size_t step = has_equal_rows(values, count, rows, width) ? rows : 1, written = rows / step;
    size_t room = (count * written * (width + 1) + count + 1) * NUMBER_ROOM, used = 0;
    char *text = malloc(room);
    for (size_t i = 0; text && i < count * written; i++) {
        bool nested = written > 1, first = i % written == 0, last = i % written == written - 1;
        used += (size_t)snprintf(text + used, room - used, "%s%s[", i ? ", " : "[", nested && first ? "[" : "");
        for (size_t k = 0; k < width; k++)
            used += (size_t)snprintf(text + used, room - used, k ? ", %.9g" : "%.9g",
                                     (double)values[i * step * width + k]);
        used += (size_t)snprintf(text + used, room - used, nested && last ? "]]" : "]");
    }
    if (text) snprintf(text + used, room - used, "]");
    return text;
}

/* ------------------------------------------------------------------------------------------------ latents */

static gb_status find_in_file(const char *path, const char *const *names, gb_file **file, size_t *index,
                              gb_array_info *info, gb_error *err) {
    if (gb_file_open(path, file, err) || find_latent(*file, path, names, index, err)) return err->status;
    gb_file_array(*file, *index, info);
    return GB_OK;
}

/* Arrays of [width], [n, width] and, where rows > 1, [n, rows, width]; from a file, or the numbers themselves. */
static gb_status load(const char *what, const char *path, const char *const *names, int64_t width, int64_t rows,
                      latents *l, gb_file **file, gb_error *err) {
    gb_array_info info;
    char text[SHAPE_ROOM];
    size_t index = 0;
    bool listed = is_number_list(path), fits;
    const char *source = listed ? "numbers" : path;
    gb_status wrong = listed ? GB_BAD_ARGUMENT : GB_BAD_FILE;
    *l = (latents){0};
    if (listed ? parse_numbers(what, path, &info, &l->values, err)
               : find_in_file(path, names, file, &index, &info, err))
        return err->status;
    fits = info.ndim >= 1 && info.ndim <= 3 && info.shape[info.ndim - 1] == width && info.count > 0 &&
           (info.ndim < 3 || (rows > 1 && (info.shape[1] == rows || info.shape[1] == 1)));
    if (!fits) {
        shape_text(info.ndim, info.shape, text);
        if (rows > 1)
            return state(err, wrong, "%s: '%s' has shape %s, but this model takes [%" PRId64 "], [n,%" PRId64 "] or [n,%"
                         PRId64 ",%" PRId64 "]", source, info.name, text, width, width, rows, width);
        return state(err, wrong, "%s: '%s' has shape %s, but this model takes [%" PRId64 "] or [n,%" PRId64 "]", source,
                     info.name, text, width, width);
    }
    if (!listed && read_array(*file, path, index, &info, &l->values, err)) return err->status;
    l->rows = info.ndim == 3 ? (int)info.shape[1] : 1;
    l->width = (size_t)width;
    l->count = (size_t)info.count / ((size_t)l->rows * l->width);
    return GB_OK;
}

gb_status load_z(const char *path, const gb_model *model, latents *l, gb_error *err) {
    static const char *const names[] = {"z", NULL};
    gb_file *file = NULL;
    gb_status status = load("--z", path, names, gb_model_int(model, "config.z_dim", 0), 1, l, &file, err);
    gb_file_close(file);
    return status;
}

gb_status load_w(const char *path, const gb_model *model, latents *l, gb_error *err) {
    static const char *const names[] = {"w", "ws", "latent", NULL};
    gb_node mapping = gb_model_find(model, "mapping");
    gb_node_info node;
    gb_file *file = NULL;
    gb_status status;
    *l = (latents){0};
    if (mapping == GB_NO_NODE) return state(err, GB_BAD_ARGUMENT, "--w: this model has no w's");
    gb_model_node(model, mapping, &node);
    status = load("--w", path, names, node.shape[node.ndim - 1], node.ndim == 2 ? node.shape[0] : 1, l, &file, err);
    if (!status && file) status = load_noises(file, path, model, l, err);
    gb_file_close(file);
    return status;
}

void free_latents(latents *l) {
    for (size_t i = 0; i < l->noise_count; i++) free(l->noises[i].values);
    free(l->noises);
    free(l->values);
    *l = (latents){0};
}
