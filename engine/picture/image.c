/* Conversion of pictures to 8 bits, and writing PNG files (W3C PNG, third edition) with libpng. The same picture and
 * texts always give the same file: compression and filters are fixed, and no time is written. */
#include "image.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "png_failure.h"

static uint8_t level(float x) {
    float v = x * 127.5f + 128.0f;      /* two roundings, as in PyTorch */
    v = v > 0.0f ? v : 0.0f;            /* NaN is not greater */
    return (uint8_t)(v < 255.0f ? v : 255.0f);
}

void gb_image_to_pixels(const float *image, int channels, size_t plane, uint8_t *pixels) {
    size_t step = (size_t)channels;
    for (size_t c = 0; c < step; c++)
        for (size_t i = 0; i < plane; i++)
            pixels[step * i + c] = level(image[c * plane + i]);
}

void gb_image_to_rgb(const float *image, size_t plane, uint8_t *rgb) {
    gb_image_to_pixels(image, 3, plane, rgb);
}

/* Repeats a grey value three times; blends a transparent pixel with a checkerboard of two greys. */
static void blend_pixel(const uint8_t *pixel, int channels, int y, int x, uint8_t *rgb) {
    enum { SQUARE = 8, DARK = 153, LIGHT = 204 };
    unsigned behind = ((y / SQUARE + x / SQUARE) & 1) ? DARK : LIGHT, alpha = channels == 4 ? pixel[3] : 255;
    for (int c = 0; c < 3; c++) {
        unsigned value = pixel[channels == 1 ? 0 : c];
        rgb[c] = (uint8_t)((value * alpha + behind * (255 - alpha) + 127) / 255);
    }
}

void gb_pixels_to_rgb(const uint8_t *pixels, int channels, int height, int width, uint8_t *rgb) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, pixels += channels, rgb += 3)
            blend_pixel(pixels, channels, y, x, rgb);
}

void gb_image_to_shown(const float *image, int channels, int height, int width, uint8_t *rgb) {
    size_t plane = (size_t)height * (size_t)width;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, image++, rgb += 3) {
            uint8_t pixel[4];
            for (int c = 0; c < channels; c++)
                pixel[c] = level(image[(size_t)c * plane]);
            blend_pixel(pixel, channels, y, x, rgb);
        }
}

/* ---------------------------------------------------------------------------------------------------- texts */

size_t gb_utf8_length(const unsigned char *s) {
    static const struct { unsigned char mask, lead; uint32_t least; } forms[] = {
        {0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000},
    };
    for (size_t n = 1; n <= 4; n++) {
        if ((s[0] & forms[n - 1].mask) != forms[n - 1].lead)
            continue;
        uint32_t code = s[0] & (unsigned char)~forms[n - 1].mask;
        for (size_t k = 1; k < n; k++) {
            if ((s[k] & 0xC0) != 0x80)
                return 0;
            code = code << 6 | (s[k] & 0x3F);
        }
        return code < forms[n - 1].least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : n;
    }
    return 0;
}

/* A keyword as PNG wants it; ours are ASCII: 1 to 79 printable characters, no space at either end nor two in a row. */
static bool good_keyword(const char *key) {
    size_t length = strlen(key);
    if (length < 1 || length > 79 || key[0] == ' ' || key[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (key[i] < 0x20 || key[i] > 0x7E || (key[i] == ' ' && key[i + 1] == ' '))
            return false;
    return true;
}

/* ASCII is written as tEXt, which every program can read; everything else as iTXt. */
static gb_status make_text(const char *path, const gb_text *text, png_text *out, gb_error *err) {
    if (!good_keyword(text->key))
        return gb_fail(err, GB_BAD_ARGUMENT,
                       "%s: '%s' is not a valid PNG keyword; expected 1 to 79 printable ASCII characters", path,
                       text->key);
    bool ascii = true;
    for (const unsigned char *s = (const unsigned char *)text->value; *s;) {
        size_t n = gb_utf8_length(s);
        if (n == 0)
            return gb_fail(err, GB_BAD_ARGUMENT, "%s: the text '%s' is not UTF-8", path, text->key);
        ascii = ascii && n == 1;
        s += n;
    }
    size_t length = strlen(text->value);
    /* libpng's pointers are not const, but it does not write to these. */
    *out = (png_text){
        .compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
        .key = (png_charp)(uintptr_t)text->key,
        .text = (png_charp)(uintptr_t)text->value,
        .text_length = ascii ? length : 0,
        .itxt_length = ascii ? 0 : length,
    };
    return GB_OK;
}

/* ---------------------------------------------------------------------------------------------------- writing */

static void write_bytes(png_structp png, png_bytep bytes, size_t size) {
    if (!gb_out_file_write(png_get_io_ptr(png), bytes, size))
        png_error(png, "stopped");      /* gb_out_file_check() has the reason */
}

static void flush_bytes(png_structp png) {
    (void)png;
}

typedef struct pixels {
    int width, height, channels;
    const uint8_t *bytes;       /* [height, width, channels] */
} pixels;

/* Runs under setjmp: no local variable is used after a longjmp. */
static void write_png(png_structp png, png_infop info, const pixels *p, const png_text *texts, size_t text_count) {
    int colours = p->channels == 1 ? PNG_COLOR_TYPE_GRAY : p->channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA
                                                                            : PNG_COLOR_TYPE_RGB;
    png_set_compression_level(png, 2);      /* level 6 takes six times as long and saves 6 % */
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, 8, colours, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_text(png, info, texts, (int)text_count);
    png_write_info(png, info);
    for (int y = 0; y < p->height; y++)
        png_write_row(png, p->bytes + (size_t)y * (size_t)p->width * (size_t)p->channels);
    png_write_end(png, info);
}

static gb_status write_all(const char *path, const pixels *p, const png_text *texts, size_t text_count,
                           gb_error *err) {
    gb_out_file *file;
    gb_status status = gb_out_file_new(path, GB_OUTPUT_PNG, &file, err);
    if (status)
        return status;
    gb_png_failure failure = {.no_memory = false};
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &failure, gb_png_on_error, gb_png_on_warning,
                                                &failure, gb_png_malloc, gb_png_free);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    } else if (setjmp(failure.jump) == 0) {
        png_set_write_fn(png, file, write_bytes, flush_bytes);
        write_png(png, info, p, texts, text_count);
        status = gb_out_file_finish(file, err);
    } else {
        status = gb_out_file_check(file, err);
        if (!status && failure.no_memory)
            status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
        else if (!status)
            status = gb_fail(err, GB_BAD_ARGUMENT, "%s: %s", path, failure.message);
    }
    png_destroy_write_struct(&png, &info);
    gb_out_file_free(file);
    return status;
}

gb_status gb_png_write(const char *path, int width, int height, const uint8_t *rgb, const gb_text *texts,
                       size_t text_count, gb_error *err) {
    return gb_png_write_pixels(path, width, height, 3, rgb, texts, text_count, err);
}

gb_status gb_png_write_pixels(const char *path, int width, int height, int channels, const uint8_t *bytes,
                              const gb_text *texts, size_t text_count, gb_error *err) {
    const pixels p = {width, height, channels, bytes};
    if (channels != 1 && channels != 3 && channels != 4)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: the picture has %d channels; a PNG has 1, 3 or 4", path, channels);
    if (width < 1 || height < 1)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: a picture of %dx%d has no pixels", path, width, height);
    if (text_count > 1000)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %zu texts; at most 1000 can be written", path, text_count);
    png_text *list = calloc(text_count + 1, sizeof *list);
    gb_status status = list ? GB_OK : gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; i < text_count && !status; i++)
        status = make_text(path, &texts[i], &list[i], err);
    if (!status)
        status = write_all(path, &p, list, text_count, err);
    free(list);
    return status;
}
