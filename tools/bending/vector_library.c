/* Reads and writes libraries of activation vectors. */
#include "vector_library.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inputs/latents.h"
#include "tools/program/arguments.h"
#include "tools/program/text.h"
#include "tools/program/host.h"

enum { KEY_ROOM = 128, MAX_CHANNELS = 1 << 16 };

bool good_vector_name(const char *name) {
    return is_plain_name(name, VECTOR_NAME_ROOM, "");
}

/* ------------------------------------------------------------------------------------------------ reading */

/* Reads NAME/what, at most `max` numbers; *values stays NULL if there is no such array. The caller frees it. */
static gb_status read_beside(const gb_file *file, const char *path, const char *name, const char *what, int64_t max,
                             gb_array_info *info, float **values, gb_error *err) {
    char key[KEY_ROOM];
    size_t index;
    *values = NULL;
    snprintf(key, sizeof key, "%s/%s", name, what);
    if (!gb_file_find(file, key, &index)) return GB_OK;
    gb_file_array(file, index, info);
    if (info->count < 1 || info->count > max)
        return state(err, GB_BAD_FILE, "%s: '%s' has %" PRId64 " values; expected 1 to %" PRId64, path, key, info->count,
                     max);
    return read_array(file, path, index, info, values, err);
}

static bool is_below(float value, double limit) {
    return value >= 0 && (double)value < limit && value == floorf(value);
}

static gb_status read_halves(const gb_file *file, const char *path, const char *name, const char *what, bool *has,
                             uint32_t *number, gb_error *err) {
    gb_array_info info;
    float *halves;
    if (read_beside(file, path, name, what, 2, &info, &halves, err)) return err->status;
    *has = halves && info.count == 2 && is_below(halves[0], 65536) && is_below(halves[1], 65536);
    if (*has) *number = (uint32_t)halves[0] << 16 | (uint32_t)halves[1];
    free(halves);
    return GB_OK;
}

static gb_status read_origin(const gb_file *file, const char *path, activation_vector *v, gb_error *err) {
    gb_array_info info;
    float *values;
    if (read_beside(file, path, v->name, "layer", VECTOR_LAYER_ROOM - 1, &info, &values, err)) return err->status;
    for (int64_t i = 0; values && i < info.count; i++)
        v->layer[i] = is_below(values[i], 127) && values[i] >= 32 ? (char)values[i] : '?';
    free(values);
    if (read_halves(file, path, v->name, "checksum", &v->has_checksum, &v->checksum, err) ||
        read_halves(file, path, v->name, "seed", &v->has_seed, &v->seed, err) ||
        read_beside(file, path, v->name, "pixel", 2, &info, &values, err))
        return err->status;
    v->has_pixel = values && info.count == 2 && is_below(values[0], 65536) && is_below(values[1], 65536);
    if (v->has_pixel) v->y = (int)values[0], v->x = (int)values[1];
    free(values);
    if (read_beside(file, path, v->name, "tileability", 1, &info, &values, err)) return err->status;
    v->has_tileability = values != NULL;
    if (values) v->tileability = *values;
    free(values);
    if (read_beside(file, path, v->name, "thumbnail", 3 * THUMBNAIL_SIDE * THUMBNAIL_SIDE, &info, &v->thumbnail, err))
        return err->status;
    if (v->thumbnail && (info.ndim != 3 || info.shape[2] != 3)) {
        free(v->thumbnail);
        v->thumbnail = NULL;
    } else if (v->thumbnail) {
        v->thumb_h = (int)info.shape[0];
        v->thumb_w = (int)info.shape[1];
    }
    return GB_OK;
}

static gb_status read_vector(const gb_file *file, const char *path, size_t index, const char *name,
                             activation_vector *v, gb_error *err) {
    gb_array_info info;
    gb_file_array(file, index, &info);
    if (!good_vector_name(name)) return state(err, GB_BAD_FILE, "%s: '%.80s' is not a valid vector name", path, name);
    if (info.count < 1 || info.count > MAX_CHANNELS || info.ndim < 1 || info.shape[info.ndim - 1] != info.count)
        return state(err, GB_BAD_FILE, "%s: the vector '%s' does not have shape [C] or [1,C]", path, name);
    strcpy(v->name, name);
    v->channels = (int)info.count;
    return read_array(file, path, index, &info, &v->values, err);
}

/* "nose" of "/some/where/nose.pt". */
static void name_of_file(const char *path, char name[VECTOR_NAME_ROOM]) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    snprintf(name, VECTOR_NAME_ROOM, "%.*s", dot ? (int)(dot - base) : (int)strlen(base), base);
    if (!good_vector_name(name)) strcpy(name, "vector");
}

gb_status open_library(const char *path, library *l, gb_error *err) {
    gb_file *file;
    size_t arrays;
    *l = (library){0};
    if (gb_file_open(path, &file, err)) return err->status;
    arrays = gb_file_array_count(file);
    l->vectors = calloc(arrays + 1, sizeof *l->vectors);
    if (!l->vectors) state(err, GB_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; i < arrays && !err->status; i++) {
        gb_array_info info;
        gb_file_array(file, i, &info);
        if (strncmp(info.name, "vector/", 7) != 0) continue;
        activation_vector *v = &l->vectors[l->count++];
        if (!read_vector(file, path, i, info.name + 7, v, err)) read_origin(file, path, v, err);
    }
    if (!err->status && !l->count && arrays == 1) {
        char name[VECTOR_NAME_ROOM];
        name_of_file(path, name);
        l->count = 1;
        read_vector(file, path, 0, name, &l->vectors[0], err);
    }
    if (!err->status && !l->count)
        state(err, GB_BAD_FILE, "%s: not a library of vectors: it contains no 'vector/NAME'", path);
    gb_file_close(file);
    if (err->status) free_library(l);
    return err->status;
}

void free_library(library *l) {
    for (size_t i = 0; i < l->count; i++) {
        free(l->vectors[i].values);
        free(l->vectors[i].thumbnail);
    }
    free(l->vectors);
    *l = (library){0};
}

const activation_vector *find_vector(const library *l, const char *name) {
    if (!name) return l->count == 1 ? &l->vectors[0] : NULL;
    for (size_t i = 0; i < l->count; i++)
        if (!strcmp(l->vectors[i].name, name)) return &l->vectors[i];
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ writing */

static gb_status add_beside(gb_npz *npz, const char *name, const char *what, int ndim, const int64_t *shape,
                            const float *values, gb_error *err) {
    char key[KEY_ROOM];
    snprintf(key, sizeof key, "%s/%s", name, what);
    return gb_npz_add(npz, key, ndim, shape, values, err);
}

static gb_status add_halves(gb_npz *npz, const char *name, const char *what, uint32_t number, gb_error *err) {
    const float halves[] = {(float)(number >> 16), (float)(number & 0xffff)};
    return add_beside(npz, name, what, 1, (const int64_t[]){2}, halves, err);
}

static gb_status write_vector(gb_npz *npz, const activation_vector *v, gb_error *err) {
    char key[KEY_ROOM];
    float codes[VECTOR_LAYER_ROOM];
    const float pixel[] = {(float)v->y, (float)v->x};
    size_t length = strlen(v->layer);
    for (size_t i = 0; i < length; i++) codes[i] = (float)(unsigned char)v->layer[i];
    snprintf(key, sizeof key, "vector/%s", v->name);
    if (gb_npz_add(npz, key, 1, (const int64_t[]){v->channels}, v->values, err)) return err->status;
    if (length && add_beside(npz, v->name, "layer", 1, (const int64_t[]){(int64_t)length}, codes, err))
        return err->status;
    if (v->has_checksum && add_halves(npz, v->name, "checksum", v->checksum, err)) return err->status;
    if (v->has_seed && add_halves(npz, v->name, "seed", v->seed, err)) return err->status;
    if (v->has_pixel && add_beside(npz, v->name, "pixel", 1, (const int64_t[]){2}, pixel, err)) return err->status;
    if (v->has_tileability && add_beside(npz, v->name, "tileability", 1, (const int64_t[]){1}, &v->tileability, err))
        return err->status;
    if (!v->thumbnail) return GB_OK;
    return add_beside(npz, v->name, "thumbnail", 3, (const int64_t[]){v->thumb_h, v->thumb_w, 3}, v->thumbnail, err);
}

gb_status save_library(const char *path, const library *l, gb_error *err) {
    gb_npz *npz = NULL;
    gb_status status = gb_npz_new(path, &npz, err);
    for (size_t i = 0; i < l->count && !status; i++) status = write_vector(npz, &l->vectors[i], err);
    if (!status) status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    return status;
}

gb_status add_to_library(const char *path, const activation_vector *v, bool replace, gb_error *err) {
    library l = {0};
    gb_npz *npz = NULL;
    bool replaced = false;
    gb_status status = host_readable(path) ? open_library(path, &l, err) : GB_OK;
    if (!status && find_vector(&l, v->name) && !replace)
        status = state(err, GB_BAD_ARGUMENT, "%s: already contains a vector '%s'; --replace replaces it", path, v->name);
    if (!status) status = gb_npz_new(path, &npz, err);
    for (size_t i = 0; i < l.count && !status; i++) {
        bool same = !strcmp(l.vectors[i].name, v->name);
        status = write_vector(npz, same ? v : &l.vectors[i], err);
        replaced |= same;
    }
    if (!status && !replaced) status = write_vector(npz, v, err);
    if (!status) status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    free_library(&l);
    return status;
}
