/* The PNG functions in builds with GANBEND_PNG=OFF: none is read or written. */
#include "engine/base/error.h"
#include "engine/base/output.h"
#include "png_read.h"

static gb_status left_out(const char *name, gb_error *err) {
    return gb_fail(err, GB_BAD_ARGUMENT, "%s: this build of ganbend has no PNG; configure it with -DGANBEND_PNG=ON", name);
}

gb_status gb_png_write(const char *path, int width, int height, const uint8_t *rgb, const gb_text *texts,
                       size_t text_count, gb_error *err) {
    return gb_png_write_pixels(path, width, height, 3, rgb, texts, text_count, err);
}

gb_status gb_png_write_pixels(const char *path, int width, int height, int channels, const uint8_t *pixels,
                              const gb_text *texts, size_t text_count, gb_error *err) {
    (void)width;
    (void)height;
    (void)channels;
    (void)pixels;
    (void)texts;
    (void)text_count;
    return left_out(path, err);
}

gb_status gb_png_write_to(gb_writer *writer, int width, int height, int channels, const uint8_t *pixels,
                          const gb_text *texts, size_t text_count, gb_error *err) {
    gb_status status = gb_writer_begin(writer, err);
    return status ? status : gb_png_write_pixels("the PNG", width, height, channels, pixels, texts, text_count, err);
}

gb_status gb_png_pixels(const char *path, void (*pixels)(void *arg, int width, int height, const uint8_t *rgba),
                        void *arg, gb_error *err) {
    (void)pixels;
    (void)arg;
    return left_out(path, err);
}

bool gb_png_is_complete(const char *path) {
    (void)path;
    return false;
}

gb_status gb_png_text(const char *path, void (*text)(void *arg, const char *key, const char *value), void *arg,
                      gb_error *err) {
    (void)text;
    (void)arg;
    return left_out(path, err);
}

gb_status gb_png_read(const char *path, int *width, int *height, uint8_t **rgba, gb_error *err) {
    (void)width;
    (void)height;
    *rgba = NULL;
    return left_out(path, err);
}

gb_status gb_png_decode(const char *name, const unsigned char *bytes, size_t size, int *width, int *height,
                        uint8_t **rgba, gb_error *err) {
    (void)bytes;
    (void)size;
    return gb_png_read(name, width, height, rgba, err);
}
