/* Reading untrusted PNG files (W3C PNG, third edition) with libpng: palettes, greys, 16 bits and interlacing are all
 * converted to 8-bit RGBA. Sizes are checked before memory is allocated: a file takes memory in proportion to its size. Also
 * gb_png_is_complete() and gb_png_text() of ganbend.h, which read a file to its end. */
#include "png_read.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "image.h"
#include "png_failure.h"

typedef struct source {
    gb_png_failure failure;
    const unsigned char *bytes;
    size_t left;
    uint8_t *rgba;
    png_bytep *rows;
    png_bytep row;              /* gb_png_is_complete(): the only one */
} source;

static void read_bytes(png_structp png, png_bytep out, size_t size) {
    source *s = png_get_io_ptr(png);
    if (size > s->left)
        png_error(png, "the file is truncated");
    memcpy(out, s->bytes, size);
    s->bytes += size;
    s->left -= size;
}

/* libpng allocates what a chunk says that it holds: every chunk must be in the file. Files without the signature are left
 * to libpng. */
static void check_chunks(png_structp png, const source *s) {
    size_t at = 8, end = s->left;
    if (end < at || png_sig_cmp(s->bytes, 0, 8) != 0)
        return;
    for (bool last = false; !last; at += 12 + png_get_uint_32(s->bytes + at)) {
        if (end - at < 12 || png_get_uint_32(s->bytes + at) > end - at - 12)
            png_error(png, "the file is truncated");
        last = memcmp(s->bytes + at + 4, "IEND", 4) == 0;
    }
}

/* Call it after png_read_info(). Deflate makes at most 1032 bytes of one. */
static void check_size(png_structp png, png_infop info, const source *s) {
    if (png_get_rowbytes(png, info) > SIZE_MAX / 65536 ||
        png_get_rowbytes(png, info) * png_get_image_height(png, info) / 1032 > s->left)
        png_error(png, "the file is too short for its width and height");
}

/* ------------------------------------------------------------------------------------------------ pixels */

static void allocate_rows(png_structp png, source *s, size_t width, size_t height) {
    s->rgba = malloc(width * height * 4);
    s->rows = malloc(height * sizeof *s->rows);
    if (!s->rgba || !s->rows) {
        s->failure.no_memory = true;
        png_error(png, "out of memory");
    }
    for (size_t y = 0; y < height; y++)
        s->rows[y] = s->rgba + y * width * 4;
}

/* Runs under setjmp: everything that is used after a longjmp is in `s`. */
static bool decode(png_structp png, png_infop info, source *s, int *width, int *height) {
    if (setjmp(s->failure.jump))
        return false;
    png_set_read_fn(png, s, read_bytes);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
    png_set_user_limits(png, GB_PNG_MAX_SIDE, GB_PNG_MAX_SIDE);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);     /* only what the pixels need */
    check_chunks(png, s);
    png_read_info(png, info);
    check_size(png, info, s);
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    png_set_filler(png, 0xFF, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    *width = (int)png_get_image_width(png, info);
    *height = (int)png_get_image_height(png, info);
    if (png_get_rowbytes(png, info) != (size_t)*width * 4)
        png_error(png, "unsupported pixel format");
    allocate_rows(png, s, (size_t)*width, (size_t)*height);
    png_read_image(png, s->rows);
    return true;
}

gb_status gb_png_decode(const char *name, const unsigned char *bytes, size_t size, int *width, int *height,
                        uint8_t **rgba, gb_error *err) {
    gb_status status = GB_OK;
    source s = {.bytes = bytes, .left = size};
    *rgba = NULL;
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &s.failure, gb_png_on_error, gb_png_on_warning,
                                               &s.failure, gb_png_malloc, gb_png_free);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool decoded = info && decode(png, info, &s, width, height);
    if (!info || s.failure.no_memory)
        status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
    else if (!decoded)
        status = gb_fail(err, GB_BAD_FILE, "%s: %s", name, s.failure.message);
    png_destroy_read_struct(&png, &info, NULL);
    free(s.rows);
    if (status)
        free(s.rgba);
    else
        *rgba = s.rgba;
    return status;
}

gb_status gb_png_read(const char *path, int *width, int *height, uint8_t **rgba, gb_error *err) {
    gb_map map;
    *rgba = NULL;
    gb_status status = gb_map_read(path, SIZE_MAX, &map, err);
    if (status)
        return status;
    status = gb_png_decode(path, map.bytes, map.size, width, height, rgba, err);
    gb_map_close(&map);
    return status;
}

gb_status gb_png_pixels(const char *path, void (*pixels)(void *arg, int width, int height, const uint8_t *rgba),
                        void *arg, gb_error *err) {
    int width, height;
    uint8_t *rgba;
    gb_status status = gb_png_read(path, &width, &height, &rgba, err);
    if (status)
        return status;
    pixels(arg, width, height, rgba);
    free(rgba);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ whole files */

/* Decodes every row and checks every chunk. `info` has the texts afterwards. */
static bool read_to_end(png_structp png, png_infop info, source *s) {
    enum { MAX_SIDE = 1 << 16, MAX_TEXTS = 64, MAX_TEXT_BYTES = 8 << 20 };
    if (setjmp(s->failure.jump))
        return false;
    png_set_read_fn(png, s, read_bytes);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_user_limits(png, MAX_SIDE, MAX_SIDE);
    png_set_chunk_cache_max(png, MAX_TEXTS);
    png_set_chunk_malloc_max(png, MAX_TEXT_BYTES);
    check_chunks(png, s);
    png_read_info(png, info);
    check_size(png, info, s);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    s->row = png_malloc(png, png_get_rowbytes(png, info));
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < png_get_image_height(png, info); y++)
            png_read_row(png, s->row, NULL);
    png_read_end(png, info);
    return true;
}

typedef struct reading {
    gb_map map;
    source source;
    png_structp png;
    png_infop info;
} reading;

/* Reads a file to its end. Call close_reading() afterwards, also after a failure. */
static gb_status read_file(const char *path, reading *r, gb_error *err) {
    *r = (reading){0};
    gb_status status = gb_map_read(path, SIZE_MAX, &r->map, err);
    if (status)
        return status;
    r->source.bytes = r->map.bytes;
    r->source.left = r->map.size;
    r->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &r->source.failure, gb_png_on_error, gb_png_on_warning,
                                      &r->source.failure, gb_png_malloc, gb_png_free);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    bool complete = r->info && read_to_end(r->png, r->info, &r->source);
    if (!r->info || r->source.failure.no_memory)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (!complete)
        return gb_fail(err, GB_BAD_FILE, "%s: %s", path, r->source.failure.message);
    return GB_OK;
}

static void close_reading(reading *r) {
    if (r->png)
        png_free(r->png, r->source.row);
    png_destroy_read_struct(&r->png, &r->info, NULL);
    gb_map_close(&r->map);
}

bool gb_png_is_complete(const char *path) {
    reading r;
    bool complete = !read_file(path, &r, NULL) && r.source.left == 0;
    close_reading(&r);
    return complete;
}

/* ------------------------------------------------------------------------------------------------ texts */

/* A copy as UTF-8, to be freed. Text that is not valid UTF-8 is taken for Latin-1, the encoding of tEXt and zTXt. NULL
 * if out of memory. */
static char *as_utf8(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    size_t size = strlen(text) + 1, n;
    while (*c && (n = gb_utf8_length(c)))
        c += n;
    bool latin = *c;
    char *copy = malloc(latin ? 2 * size : size), *to = copy;
    if (!latin)
        return copy ? memcpy(copy, text, size) : NULL;
    for (c = (const unsigned char *)text; copy && *c; c++) {
        if (*c >= 0x80)
            *to++ = (char)(0xC0 | *c >> 6);
        *to++ = (char)(*c < 0x80 ? *c : 0x80 | (*c & 0x3F));
    }
    if (copy)
        *to = '\0';
    return copy;
}

gb_status gb_png_text(const char *path, void (*text)(void *arg, const char *key, const char *value), void *arg,
                      gb_error *err) {
    reading r;
    png_textp list = NULL;
    int count = 0;
    gb_status status = read_file(path, &r, err);
    if (!status)
        png_get_text(r.png, r.info, &list, &count);
    for (int i = 0; i < count && !status; i++) {
        char *key = as_utf8(list[i].key), *value = as_utf8(list[i].text ? list[i].text : "");
        if (key && value)
            text(arg, key, value);
        else
            status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
        free(key);
        free(value);
    }
    close_reading(&r);
    return status;
}
