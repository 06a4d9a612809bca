/* gb_file, gb_npz and gb_npy_save() of ganbend.h: the safe readers of weights/ applied to a mapped file, and its array
 * writers applied to an output file. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/base/platform.h"
#include "engine/base/reader.h"
#include "engine/ganbend.h"
#include "weights/read/checkpoint.h"
#include "weights/read/npy.h"

/* ---------------------------------------------------------------------------------------------------- reading */

struct gb_file {
    gb_map map;
    gb_checkpoint *checkpoint;
    const gb_named_array *arrays;
    size_t count;
};

/* Takes the map over, also on failure. */
static gb_status open_map(gb_map map, const char *name, gb_file **out, gb_error *err) {
    gb_reason why = {0};
    gb_file *file = calloc(1, sizeof *file);
    if (!file) {
        gb_map_close(&map);
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
    }
    file->map = map;
    file->checkpoint = gb_checkpoint_open(map.bytes, map.size, name, &why);
    if (!file->checkpoint) {
        gb_file_close(file);
        return gb_fail_because(err, GB_BAD_FILE, &why);
    }
    file->arrays = gb_checkpoint_arrays(file->checkpoint, &file->count);
    *out = file;
    return GB_OK;
}

gb_status gb_file_open(const char *path, gb_file **file, gb_error *err) {
    gb_map map;
    *file = NULL;
    gb_status status = gb_map_read(path, SIZE_MAX, &map, err);
    return status ? status : open_map(map, path, file, err);
}

gb_status gb_file_open_from(const gb_reader *reader, gb_file **file, gb_error *err) {
    gb_map map;
    const char *name;
    *file = NULL;
    gb_status status = gb_reader_read(reader, false, NULL, &map, &name, err);
    return status ? status : open_map(map, name, file, err);
}

void gb_file_close(gb_file *file) {
    if (!file)
        return;
    gb_checkpoint_close(file->checkpoint);
    gb_map_close(&file->map);
    free(file);
}

const char *gb_file_format(const gb_file *file) {
    return gb_checkpoint_format(file->checkpoint);
}

size_t gb_file_array_count(const gb_file *file) {
    return file->count;
}

void gb_file_array(const gb_file *file, size_t index, gb_array_info *info) {
    *info = (gb_array_info){.name = "", .type = ""};
    if (index >= file->count)
        return;
    const gb_named_array *named = &file->arrays[index];
    *info = (gb_array_info){
        .name = named->name,
        .type = gb_dtype_name(named->array.dtype),
        .ndim = named->array.ndim,
        .count = gb_array_count(&named->array),
    };
    memcpy(info->shape, named->array.shape, (size_t)info->ndim * sizeof *info->shape);
}

bool gb_file_find(const gb_file *file, const char *name, size_t *index) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->arrays[i].name, name) == 0) {
            *index = i;
            return true;
        }
    return false;
}

static gb_status check_index(const gb_file *file, size_t index, gb_error *err) {
    return index < file->count
               ? GB_OK
               : gb_fail(err, GB_BAD_ARGUMENT, "there is no array %zu; the file has %zu", index, file->count);
}

gb_status gb_file_read(const gb_file *file, size_t index, float *out, gb_error *err) {
    gb_status status = check_index(file, index, err);
    gb_reason why = {0};
    if (!status && !gb_array_to_f32(&file->arrays[index].array, out, &why)) {
        gb_because_in(&why, "array '%s'", file->arrays[index].name);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    return status;
}

gb_status gb_file_read_double(const gb_file *file, size_t index, double *out, gb_error *err) {
    gb_status status = check_index(file, index, err);
    gb_reason why = {0};
    if (!status && !gb_array_to_f64(&file->arrays[index].array, out, &why)) {
        gb_because_in(&why, "array '%s'", file->arrays[index].name);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    return status;
}

void gb_file_facts(const gb_file *file, size_t limit, void (*fact)(void *arg, const char *path, const char *text),
                   void *arg) {
    gb_checkpoint_facts(file->checkpoint, limit, fact, arg);
}

/* ---------------------------------------------------------------------------------------------------- writing */

struct gb_npz {
    gb_out_file *file;
    gb_npz_writer *writer;
    char *path;             /* for messages */
};

gb_status gb_npz_new(const char *path, gb_npz **out, gb_error *err) {
    *out = NULL;
    gb_npz *npz = calloc(1, sizeof *npz);
    if (!npz)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    gb_status status = gb_out_file_new(path, GB_OUTPUT_NPZ, &npz->file, err);
    if (!status) {
        size_t size = strlen(path) + 1;
        npz->path = malloc(size);
        npz->writer = gb_npz_writer_new(gb_out_file_write, npz->file);
        if (npz->path && npz->writer)
            memcpy(npz->path, path, size);
        else
            status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    }
    if (status)
        gb_npz_free(npz);
    else
        *out = npz;
    return status;
}

/* A view of `data`; nothing is copied. */
static gb_status as_array(const char *path, const char *name, int ndim, const int64_t *shape, const float *data,
                          gb_array *array, gb_error *err) {
    *array = (gb_array){.dtype = GB_F32, .ndim = ndim, .data = data};
    if (ndim < 0 || ndim > GB_MAX_DIMS)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: array '%s' has %d dimensions; expected at most %d", path, name,
                       ndim, GB_MAX_DIMS);
    for (int d = 0; d < ndim; d++)
        array->shape[d] = shape[d];
    if (gb_array_count(array) < 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: array '%s' is too large or has a negative dimension", path, name);
    gb_array_pack_strides(array);
    return GB_OK;
}

gb_status gb_npz_add(gb_npz *npz, const char *name, int ndim, const int64_t *shape, const float *data, gb_error *err) {
    gb_array array;
    gb_reason why = {0};
    gb_status status = as_array(npz->path, name, ndim, shape, data, &array, err);
    if (status)
        return status;
    return gb_npz_writer_add(npz->writer, name, &array, &why) ? GB_OK : gb_out_file_failed(npz->file, npz->path, &why, err);
}

gb_status gb_npz_finish(gb_npz *npz, gb_error *err) {
    gb_reason why = {0};
    if (!gb_npz_writer_finish(npz->writer, &why))
        return gb_out_file_failed(npz->file, npz->path, &why, err);
    return gb_out_file_finish(npz->file, err);
}

void gb_npz_free(gb_npz *npz) {
    if (!npz)
        return;
    gb_npz_writer_free(npz->writer);
    gb_out_file_free(npz->file);
    free(npz->path);
    free(npz);
}

gb_status gb_npy_save(const char *path, int ndim, const int64_t *shape, const float *data, gb_error *err) {
    gb_array array;
    gb_out_file *file;
    gb_status status = as_array(path, "", ndim, shape, data, &array, err);
    if (!status)
        status = gb_out_file_new(path, GB_OUTPUT_NPY, &file, err);
    if (status)
        return status;
    gb_reason why = {0};
    if (gb_npy_write(&array, gb_out_file_write, file, &why))
        status = gb_out_file_finish(file, err);
    else
        status = gb_out_file_failed(file, path, &why, err);
    gb_out_file_free(file);
    return status;
}
