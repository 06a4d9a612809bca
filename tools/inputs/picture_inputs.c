/* Reading and feeding the pictures that networks look at. */
#include "picture_inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latents.h"

enum { LARGEST = 1 << 14 };

int picture_input_count(const gb_model *model) {
    int count = 0;
    while (count < MOST_PICTURES && gb_model_find_role(model, GB_ROLE_PICTURE, count) != GB_NO_NODE) count++;
    return count;
}

void picture_input_at(const gb_model *model, int index, gb_node_info *node) {
    gb_model_node(model, gb_model_find_role(model, GB_ROLE_PICTURE, index), node);
}

/* The values of black and white that the network expects: config.range, "0,1" unless the model says so. */
static void range_of(const gb_model *model, float range[2]) {
    range[0] = 0;
    range[1] = 1;
    for (size_t i = 0; i < gb_model_meta_count(model); i++) {
        const char *key = "";
        char text[64];
        if (gb_model_meta(model, i, &key, text, sizeof text) || strcmp(key, "config.range") != 0) continue;
        sscanf(text, "%f,%f", &range[0], &range[1]);
    }
}

/* One file: its values [n, channels, height, width]. */
typedef struct file_pictures {
    const gb_model *model;
    int64_t channels, height, width, count;
    float *values;
} file_pictures;

/* Grey is the mean of the three colours. Transparency is ignored. */
static void take_png(void *arg, int width, int height, const uint8_t *rgba) {
    file_pictures *f = arg;
    size_t pixels = (size_t)width * (size_t)height;
    float range[2];
    range_of(f->model, range);
    f->width = width;
    f->height = height;
    f->count = 1;
    f->values = malloc((size_t)f->channels * pixels * sizeof *f->values);
    for (int64_t c = 0; f->values && c < f->channels; c++)
        for (size_t p = 0; p < pixels; p++) {
            const uint8_t *v = rgba + 4 * p;
            float level = f->channels == 1 ? (float)(v[0] + v[1] + v[2]) / 3 : v[c];
            f->values[(size_t)c * pixels + p] = range[0] + (range[1] - range[0]) * (level / 255);
        }
}

static gb_status read_arrays(const char *path, file_pictures *f, gb_error *err) {
    gb_file *file = NULL;
    gb_array_info info;
    char text[SHAPE_ROOM];
    if (gb_file_open(path, &file, err)) return err->status;
    gb_file_array(file, 0, &info);
    int first = info.ndim == 4 ? 1 : 0;
    if (gb_file_array_count(file) != 1 || (info.ndim != 3 && info.ndim != 4) || info.count < 1 ||
        info.shape[first] != f->channels)
        state(err, GB_BAD_FILE, "%s: expected one array [n,%" PRId64 ",H,W] or [%" PRId64 ",H,W], not %s", path,
              f->channels, f->channels,
              gb_file_array_count(file) == 1 ? shape_text(info.ndim, info.shape, text) : "several arrays");
    else if (!read_array(file, path, 0, &info, &f->values, err)) {
        f->height = info.shape[first + 1];
        f->width = info.shape[first + 2];
        f->count = first ? info.shape[0] : 1;
    }
    gb_file_close(file);
    return err->status;
}

static bool ends_in_png(const char *path) {
    size_t size = strlen(path);
    return size > 4 && (!strcmp(path + size - 4, ".png") || !strcmp(path + size - 4, ".PNG"));
}

/* Appends the pictures of a file; the first file gives the size. */
static gb_status append(picture_inputs *p, const char *path, size_t *filled, size_t *room, float **all,
                        const gb_model *model, gb_error *err) {
    file_pictures f = {.model = model, .channels = p->channels};
    if (ends_in_png(path) ? gb_png_pixels(path, take_png, &f, err) : read_arrays(path, &f, err)) return err->status;
    if (!*filled) {
        p->height = f.height;
        p->width = f.width;
    }
    if (f.values && (f.height != p->height || f.width != p->width))
        state(err, GB_BAD_ARGUMENT, "%s: the picture is %" PRId64 "x%" PRId64 ", but the first is %" PRId64 "x%" PRId64
              "; all must have one size", path, f.height, f.width, p->height, p->width);
    size_t one = (size_t)(p->channels * p->height * p->width), count = (size_t)f.count;
    if (f.values && !err->status && *filled + count > *room) {
        float *grown = realloc(*all, (*filled + count) * one * sizeof **all);
        *room = *filled + count;
        if (grown) *all = grown;
        else state(err, GB_NO_MEMORY, "out of memory for %zu pictures", *room);
    }
    if (!f.values && !err->status) state(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (!err->status) {
        memcpy(*all + *filled * one, f.values, count * one * sizeof **all);
        *filled += count;
    }
    free(f.values);
    return err->status;
}

/* From [pictures] in the order of the files to one array for each input. */
static gb_status sort_pictures(picture_inputs *p, const float *all, size_t pictures, gb_error *err) {
    size_t one = (size_t)(p->channels * p->height * p->width), inputs = (size_t)p->count;
    if (pictures % inputs)
        return state(err, GB_BAD_ARGUMENT, "the network looks at %d pictures at a time; %zu were given", p->count, pictures);
    p->samples = pictures / inputs;
    for (size_t k = 0; k < inputs; k++) {
        p->values[k] = malloc(p->samples * one * sizeof *p->values[k]);
        if (!p->values[k]) return state(err, GB_NO_MEMORY, "out of memory for %zu pictures", pictures);
        for (size_t i = 0; i < p->samples; i++)
            memcpy(p->values[k] + i * one, all + (i * inputs + k) * one, one * sizeof *all);
    }
    return GB_OK;
}

gb_status read_pictures(const text_list *paths, const gb_model *model, picture_inputs *p, gb_error *err) {
    float *all = NULL;
    size_t filled = 0, room = 0;
    gb_node_info node;
    picture_input_at(model, 0, &node);
    *p = (picture_inputs){.count = picture_input_count(model), .channels = node.shape[0]};
    for (size_t i = 0; i < paths->count && !err->status; i++)
        append(p, paths->texts[i], &filled, &room, &all, model, err);
    if (!err->status) sort_pictures(p, all, filled, err);
    free(all);
    return err->status;
}

void free_pictures(picture_inputs *p) {
    for (int k = 0; k < MOST_PICTURES; k++) free(p->values[k]);
    *p = (picture_inputs){0};
}

gb_status feed_pictures(const picture_inputs *p, size_t index, const gb_model *model, gb_session *session, gb_error *err) {
    size_t one = (size_t)(p->channels * p->height * p->width);
    for (int k = 0; k < p->count; k++) {
        gb_node_info node;
        picture_input_at(model, k, &node);
        if (gb_session_feed(session, node.name, p->values[k] + index * one, err)) return err->status;
    }
    return GB_OK;
}

bool parse_size(const char *text, int *height, int *width) {
    char *end;
    long h = strtol(text, &end, 10), w = h;
    if (end == text) return false;
    if (*end == 'x') w = strtol(text = end + 1, &end, 10);
    *height = (int)h;
    *width = (int)w;
    return end != text && !*end && h >= 1 && h <= LARGEST && w >= 1 && w <= LARGEST;
}
