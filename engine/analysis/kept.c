/* Interrupted work in an .npz: an array for each block, whose every 16 bits are one float32. */
#include "kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/base/error.h"
#include "engine/base/platform.h"

/* Seconds between two copies on disk. */
static const double interval = 30;

uint32_t gb_signature(uint32_t before, const void *bytes, size_t size) {
    return bytes ? (uint32_t)crc32_z(before, bytes, size) : before;
}

gb_status gb_kept_add(gb_kept *k, void *bytes, size_t size, gb_error *err) {
    if (k->count == k->room) {
        size_t room = k->room ? 2 * k->room : 8;
        gb_kept_block *grown = realloc(k->blocks, room * sizeof *grown);
        if (!grown)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        k->blocks = grown;
        k->room = room;
    }
    k->blocks[k->count++] = (gb_kept_block){bytes, size};
    return GB_OK;
}

static void name_block(size_t index, char name[32]) {
    snprintf(name, 32, "block%zu", index);
}

/* Fills block `index`. */
static gb_status read_block(const gb_kept *k, const gb_file *file, size_t index, gb_error *err) {
    const gb_kept_block *b = &k->blocks[index];
    gb_array_info info = {0};
    char name[32];
    size_t at, count = b->size / 2;
    name_block(index, name);
    if (gb_file_find(file, name, &at))
        gb_file_array(file, at, &info);
    if (info.count != (int64_t)count)
        return gb_fail(err, GB_BAD_FILE, "%s: not the state of such an analysis", k->path);
    float *numbers = malloc(count * sizeof *numbers + 1);
    if (!numbers)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", k->path);
    gb_status status = gb_file_read(file, at, numbers, err);
    for (size_t i = 0; i < count && !status; i++) {
        if (!(numbers[i] >= 0 && numbers[i] <= UINT16_MAX)) {
            status = gb_fail(err, GB_BAD_FILE, "%s: is damaged", k->path);
            break;
        }
        const uint16_t half = (uint16_t)numbers[i];
        memcpy((char *)b->bytes + 2 * i, &half, sizeof half);
    }
    free(numbers);
    return status;
}

static gb_status check_signature(const gb_kept *k, const gb_file *file, gb_error *err) {
    float signature[2] = {-1, -1};
    gb_array_info info = {0};
    size_t at;
    if (gb_file_find(file, "signature", &at))
        gb_file_array(file, at, &info);
    gb_status status = info.count == 2 ? gb_file_read(file, at, signature, err) : GB_OK;
    if (status)
        return status;
    return signature[0] == (float)(k->signature & 0xffff) && signature[1] == (float)(k->signature >> 16)
               ? GB_OK
               : gb_fail(err, GB_BAD_FILE, "%s: belongs to another model or other options", k->path);
}

gb_status gb_kept_read(gb_kept *k, gb_error *err) {
    gb_file *file;
    k->saved = gb_clock();
    if (!k->path || !gb_file_exists(k->path))
        return GB_OK;
    gb_status status = gb_file_open(k->path, &file, err);
    if (status)
        return status;
    status = check_signature(k, file, err);
    for (size_t i = 0; i < k->count && !status; i++)
        status = read_block(k, file, i, err);
    gb_file_close(file);
    if (status)
        k->path = NULL;         /* it is not ours: left alone */
    return status;
}

static gb_status write_block(const gb_kept *k, gb_npz *npz, size_t index, gb_error *err) {
    const gb_kept_block *b = &k->blocks[index];
    char name[32];
    const int64_t count = (int64_t)(b->size / 2);
    float *numbers = malloc((size_t)count * sizeof *numbers + 1);
    if (!numbers)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", k->path);
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, (const char *)b->bytes + 2 * i, sizeof half);
        numbers[i] = half;
    }
    name_block(index, name);
    gb_status status = gb_npz_add(npz, name, 1, &count, numbers, err);
    free(numbers);
    return status;
}

static gb_status write_all(gb_kept *k, gb_error *err) {
    const float signature[2] = {(float)(k->signature & 0xffff), (float)(k->signature >> 16)};
    gb_npz *npz = NULL;
    gb_status status = gb_npz_new(k->path, &npz, err);
    if (!status)
        status = gb_npz_add(npz, "signature", 1, &(int64_t){2}, signature, err);
    for (size_t i = 0; i < k->count && !status; i++)
        status = write_block(k, npz, i, err);
    if (!status)
        status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    k->saved = gb_clock();
    return status;
}

gb_status gb_kept_write(gb_kept *k, gb_error *err) {
    return k->path && gb_clock() - k->saved > interval ? write_all(k, err) : GB_OK;
}

gb_status gb_kept_end(gb_kept *k, gb_status status) {
    if (k->path && status == GB_CANCELLED)      /* after other failures a block may be half done: the file stays as it is */
        write_all(k, NULL);
    else if (k->path && !status)
        gb_file_remove(k->path);
    free(k->blocks);
    *k = (gb_kept){0};
    return status;
}
