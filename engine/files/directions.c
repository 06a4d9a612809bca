/* Files of directions in a latent space: ganbend's own, GANSpace's, rosinality's, and plain arrays. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/ganbend.h"

enum { NAME_ROOM = 64, MAX_WIDTH = 1 << 16, MAX_DIRECTIONS = 1 << 12 };

struct gb_directions {
    struct entry {
        char name[NAME_ROOM];
        gb_direction direction;         /* its name and vector point into the entry */
        float *vector;
    } *entries;
    size_t count, room;
};

gb_status gb_directions_new(gb_directions **directions, gb_error *err) {
    *directions = calloc(1, sizeof **directions);
    return *directions ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

void gb_directions_free(gb_directions *d) {
    for (size_t i = 0; d && i < d->count; i++)
        free(d->entries[i].vector);
    if (d)
        free(d->entries);
    free(d);
}

size_t gb_directions_count(const gb_directions *d) {
    return d->count;
}

void gb_directions_at(const gb_directions *d, size_t index, gb_direction *direction) {
    *direction = (gb_direction){.name = ""};
    if (index >= d->count)
        return;
    *direction = d->entries[index].direction;
    direction->name = d->entries[index].name;
}

bool gb_directions_find(const gb_directions *d, const char *name, size_t *index) {
    char *end;
    for (*index = 0; *index < d->count; ++*index)
        if (!strcmp(d->entries[*index].name, name))
            return true;
    if (name[0] < '0' || name[0] > '9')
        return false;
    unsigned long long number = strtoull(name, &end, 10);
    *index = (size_t)number;
    return !*end && number < d->count;
}

static bool is_valid_name(const char *name) {
    size_t length = strlen(name);
    return length && length < NAME_ROOM &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

gb_status gb_directions_add(gb_directions *d, const gb_direction *direction, gb_error *err) {
    char name[NAME_ROOM + 16];
    snprintf(name, sizeof name, "%.70s", direction->name);
    gb_make_printable(name);
    if (!is_valid_name(direction->name))
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' is not a valid name of a direction; expected 1 to %d letters, digits, '-', "
                                             "'_' and '.'", name, NAME_ROOM - 1);
    for (size_t i = 0; i < d->count; i++)
        if (!strcmp(d->entries[i].name, direction->name))
            return gb_fail(err, GB_BAD_ARGUMENT, "there are two directions named '%s'", name);
    if (direction->width < 1 || direction->width > MAX_WIDTH || d->count == MAX_DIRECTIONS)
        return gb_fail(err, GB_BAD_ARGUMENT, "direction '%s' has %" PRId64 " values and is number %zu; expected at most %d "
                                             "values and %d directions", name, direction->width, d->count + 1, MAX_WIDTH,
                       MAX_DIRECTIONS);
    bool finite = isfinite(direction->deviation);
    for (int64_t i = 0; i < direction->width; i++)
        finite = finite && isfinite(direction->vector[i]);
    if (!finite)
        return gb_fail(err, GB_BAD_ARGUMENT, "direction '%s' has values that are not finite", name);
    if (d->count == d->room) {
        size_t room = d->room ? 2 * d->room : 16;
        struct entry *grown = realloc(d->entries, room * sizeof *grown);
        if (!grown)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        d->entries = grown;
        d->room = room;
    }
    struct entry *entry = &d->entries[d->count];
    *entry = (struct entry){.direction = *direction, .vector = malloc((size_t)direction->width * sizeof *entry->vector)};
    if (!entry->vector)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    strcpy(entry->name, direction->name);
    memcpy(entry->vector, direction->vector, (size_t)direction->width * sizeof *entry->vector);
    entry->direction.vector = entry->vector;
    d->count++;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ reading */

typedef struct source {
    const char *path;
    gb_file *file;
    gb_directions *directions;
} source;

/* Reads array `index` as float32, to be freed. */
static gb_status read_array(const source *s, size_t index, gb_array_info *info, float **values, gb_error *err) {
    gb_file_array(s->file, index, info);
    *values = NULL;
    if (info->count < 1 || info->count > (int64_t)MAX_WIDTH * MAX_WIDTH)
        return gb_fail(err, GB_BAD_FILE, "%s: '%s' is too large for directions", s->path, info->name);
    *values = malloc((size_t)info->count * sizeof **values);
    if (!*values)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", s->path);
    gb_status status = gb_file_read(s->file, index, *values, err);
    if (status) {
        free(*values);
        *values = NULL;
    }
    return status;
}

/* Reads NAME/what into `numbers` [count] if it is there with that many values. */
static gb_status read_beside(const source *s, const char *name, const char *what, int count, float *numbers,
                             gb_error *err) {
    char key[NAME_ROOM + 32];
    gb_array_info info;
    size_t index;
    snprintf(key, sizeof key, "%s/%s", name, what);
    if (!gb_file_find(s->file, key, &index))
        return GB_OK;
    gb_file_array(s->file, index, &info);
    if (info.count != count)
        return gb_fail(err, GB_BAD_FILE, "%s: '%s' has %" PRId64 " values; expected %d", s->path, key, info.count, count);
    return gb_file_read(s->file, index, numbers, err);
}

static bool is_layer(float number) {
    return number >= -1 && number < 1024 && number == floorf(number);
}

static gb_status read_own(const source *s, size_t index, const char *name, gb_error *err) {
    gb_array_info info;
    float *vector, deviation = 1, space = 0, layers[2] = {0, -1};
    gb_status status = is_valid_name(name) ? read_array(s, index, &info, &vector, err)
                                           : gb_fail(err, GB_BAD_FILE, "%s: '%.70s' is not a valid name of a direction",
                                                     s->path, name);
    if (status)
        return status;
    status = read_beside(s, name, "deviation", 1, &deviation, err);
    if (!status)
        status = read_beside(s, name, "space", 1, &space, err);
    if (!status)
        status = read_beside(s, name, "layers", 2, layers, err);
    if (!status && !(is_layer(layers[0]) && is_layer(layers[1]) && layers[0] >= 0))
        status = gb_fail(err, GB_BAD_FILE, "%s: '%s/layers' are not two numbers of layers", s->path, name);
    if (!status)
        status = gb_directions_add(s->directions,
                                   &(gb_direction){name, space > 0 ? GB_LATENT_Z : GB_LATENT_W, info.count, vector,
                                                   deviation, (int)layers[0], (int)layers[1]}, err);
    free(vector);
    return status;
}

/* Adds the rows of an array [n, width], [n, 1, width] or [width], or its columns, named PREFIX0, PREFIX1, … */
static gb_status read_rows(const source *s, size_t index, const char *prefix, bool columns, gb_error *err) {
    gb_array_info info;
    float *values, *deviation = NULL, *vector = NULL;
    size_t at;
    gb_status status = read_array(s, index, &info, &values, err);
    if (status)
        return status;
    int64_t width = info.ndim ? info.shape[info.ndim - 1] : 0, rows = info.ndim > 1 ? info.shape[0] : 1;
    if (width < 1 || width > MAX_WIDTH || rows > MAX_DIRECTIONS || rows * width != info.count ||
        (columns && rows != width))
        status = gb_fail(err, GB_BAD_FILE, "%s: '%s' is not an array of directions; expected [%s]", s->path, info.name,
                         columns ? "width, width" : "n, width");
    if (!status && !(vector = malloc((size_t)width * sizeof *vector)))
        status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", s->path);
    if (!status && gb_file_find(s->file, "lat_stdev", &at)) {
        gb_array_info beside;
        status = read_array(s, at, &beside, &deviation, err);
        if (!status && beside.count != rows)
            status = gb_fail(err, GB_BAD_FILE, "%s: lat_stdev has %" PRId64 " values, but lat_comp has %" PRId64
                                               " directions", s->path, beside.count, rows);
    }
    for (int64_t i = 0; i < rows && !status; i++) {
        char name[NAME_ROOM];
        snprintf(name, sizeof name, "%s%" PRId64, prefix, i);
        for (int64_t k = 0; k < width; k++)
            vector[k] = values[columns ? k * width + i : i * width + k];
        status = gb_directions_add(s->directions, &(gb_direction){name, GB_LATENT_W, width, vector,
                                                                  deviation ? deviation[i] : 1, 0, -1}, err);
    }
    free(values);
    free(vector);
    free(deviation);
    return status;
}

static gb_status read_directions(const source *s, gb_error *err) {
    size_t index, arrays = gb_file_array_count(s->file);
    gb_array_info info;
    gb_status status = GB_OK;
    for (size_t i = 0; i < arrays && !status; i++) {
        gb_file_array(s->file, i, &info);
        if (!strncmp(info.name, "direction/", 10))
            status = read_own(s, i, info.name + 10, err);
    }
    if (status || s->directions->count)
        return status;
    if (gb_file_find(s->file, "lat_comp", &index))
        return read_rows(s, index, "pc", false, err);
    if (gb_file_find(s->file, "eigvec", &index))
        return read_rows(s, index, "factor", true, err);
    if (arrays == 1)
        return read_rows(s, 0, "", false, err);
    return gb_fail(err, GB_BAD_FILE, "%s: no directions: expected 'direction/NAME', GANSpace's lat_comp, rosinality's eigvec, "
                                     "or a single array", s->path);
}

gb_status gb_directions_open(const char *path, gb_directions **directions, gb_error *err) {
    source s = {.path = path};
    *directions = NULL;
    gb_status status = gb_file_open(path, &s.file, err);
    if (!status)
        status = gb_directions_new(&s.directions, err);
    if (!status)
        status = read_directions(&s, err);
    gb_file_close(s.file);
    if (status)
        gb_directions_free(s.directions);
    else
        *directions = s.directions;
    return status;
}

/* ------------------------------------------------------------------------------------------------ writing */

static gb_status add_beside(gb_npz *npz, const char *name, const char *what, int count, const float *numbers,
                            gb_error *err) {
    char key[NAME_ROOM + 32];
    snprintf(key, sizeof key, "%s/%s", name, what);
    return gb_npz_add(npz, key, 1, &(int64_t){count}, numbers, err);
}

static gb_status write_direction(gb_npz *npz, const gb_direction *d, gb_error *err) {
    char key[NAME_ROOM + 32];
    const float space = d->space == GB_LATENT_Z, layers[2] = {(float)d->first_layer, (float)d->last_layer};
    snprintf(key, sizeof key, "direction/%s", d->name);
    gb_status status = gb_npz_add(npz, key, 1, &d->width, d->vector, err);
    if (!status)
        status = add_beside(npz, d->name, "deviation", 1, &d->deviation, err);
    if (!status)
        status = add_beside(npz, d->name, "space", 1, &space, err);
    return status ? status : add_beside(npz, d->name, "layers", 2, layers, err);
}

gb_status gb_directions_save(const gb_directions *directions, const char *path, gb_error *err) {
    gb_npz *npz = NULL;
    gb_status status = gb_npz_new(path, &npz, err);
    for (size_t i = 0; i < directions->count && !status; i++) {
        gb_direction d;
        gb_directions_at(directions, i, &d);
        status = write_direction(npz, &d, err);
    }
    if (!status)
        status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    return status;
}
