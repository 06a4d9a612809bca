/* Writing PNG files (W3C PNG, third edition) with libpng. The same picture and texts always give the same file: compression
 * and filters are fixed, and no time is written. */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "image.h"
#include "png_failure.h"

/* ---------------------------------------------------------------------------------------------------- texts */

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
    if (!gb_output_write(png_get_io_ptr(png), bytes, size))
        png_error(png, "stopped");      /* gb_output_check() has the reason */
}

static void flush_bytes(png_structp png) {
    (void)png;
}

typedef struct pixels {
    int width, height, channels;
    const uint8_t *bytes;       /* [height, width, channels] */
} pixels;

/* False after an error of libpng: no local variable is used after a longjmp. */
static bool write_png(png_structp png, png_infop info, gb_output *output, gb_png_failure *failure, const pixels *p,
                      const png_text *texts, size_t text_count) {
    if (setjmp(failure->jump))
        return false;
    png_set_write_fn(png, output, write_bytes, flush_bytes);
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
    return true;
}

static gb_status encode(gb_output *output, const pixels *p, const png_text *texts, size_t text_count, gb_error *err) {
    gb_png_failure failure = {.no_memory = false};
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &failure, gb_png_on_error, gb_png_on_warning,
                                                &failure, gb_png_malloc, gb_png_free);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool written = info && write_png(png, info, output, &failure, p, texts, text_count);
    gb_status status = gb_output_check(output, err);
    if (!status && (!info || failure.no_memory))
        status = gb_fail(err, GB_NO_MEMORY, "%s: out of memory", output->name);
    else if (!status && !written)
        status = gb_fail(err, GB_BAD_ARGUMENT, "%s: %s", output->name, failure.message);
    png_destroy_write_struct(&png, &info);
    return status;
}

/* Writes to `path`, or to `writer` if it is NULL. Everything is checked before the output is touched. */
static gb_status write_pixels(const char *path, gb_writer *writer, const pixels *p, const gb_text *texts, size_t text_count,
                              gb_error *err) {
    const char *name = path ? path : "the PNG";
    gb_output output;
    if (p->channels != 1 && p->channels != 3 && p->channels != 4)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: the picture has %d channels; a PNG has 1, 3 or 4", name, p->channels);
    if (p->width < 1 || p->height < 1)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: a picture of %dx%d has no pixels", name, p->width, p->height);
    if (text_count > 1000)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %zu texts; at most 1000 can be written", name, text_count);
    png_text *list = calloc(text_count + 1, sizeof *list);
    gb_status status = list ? GB_OK : gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
    for (size_t i = 0; i < text_count && !status; i++)
        status = make_text(name, &texts[i], &list[i], err);
    if (!status)
        status = path ? gb_output_open(path, GB_OUTPUT_PNG, &output, err) : gb_output_open_writer(writer, &output, err);
    if (!status)
        status = gb_output_close(&output, encode(&output, p, list, text_count, err), err);
    free(list);
    return status;
}

gb_status gb_png_write(const char *path, int width, int height, const uint8_t *rgb, const gb_text *texts,
                       size_t text_count, gb_error *err) {
    return gb_png_write_pixels(path, width, height, 3, rgb, texts, text_count, err);
}

gb_status gb_png_write_pixels(const char *path, int width, int height, int channels, const uint8_t *bytes,
                              const gb_text *texts, size_t text_count, gb_error *err) {
    return write_pixels(path, NULL, &(pixels){width, height, channels, bytes}, texts, text_count, err);
}

gb_status gb_png_write_to(gb_writer *writer, int width, int height, int channels, const uint8_t *bytes, const gb_text *texts,
                          size_t text_count, gb_error *err) {
    gb_status status = gb_writer_begin(writer, err);
    return status ? status : write_pixels(NULL, writer, &(pixels){width, height, channels, bytes}, texts, text_count, err);
}
