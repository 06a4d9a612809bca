/* Reading photos. */
#include "photo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/platform/files.h"
#include "tools/program/ffmpeg.h"
#include "tools/program/host.h"
#include "tools/program/temporary.h"

typedef struct photo {
    int width, height;
    uint8_t *rgba;
} photo;

static void take(void *arg, int width, int height, const uint8_t *rgba) {
    photo *p = arg;
    size_t bytes = (size_t)width * (size_t)height * 4;
    p->width = width;
    p->height = height;
    if ((p->rgba = malloc(bytes))) memcpy(p->rgba, rgba, bytes);
}

static gb_status read_png(const char *path, photo *p, gb_error *err) {
    if (!gb_png_pixels(path, take, p, err) && !p->rgba) state(err, GB_NO_MEMORY, "%s: out of memory", path);
    return err->status;
}

/* Converted by ffmpeg, reduced to what the library reads. */
static gb_status read_other(const char *path, photo *p, gb_error *err) {
    static const char *const output[] = {"-frames:v", "1", "-vf", "scale=w='min(iw,4096)':h='min(ih,4096)':"
                                         "force_original_aspect_ratio=decrease", "-pix_fmt", "rgba", "-c:v", "png", "-f",
                                         "image2", "-update", "1", NULL};
    char from[PATH_ROOM + 8], png[PATH_ROOM];
    const char *const input[] = {"-protocol_whitelist", "file", "-i", from, NULL};
    ffmpeg f;
    if (!host_has_program("ffmpeg"))
        return state(err, GB_BAD_ARGUMENT, "%s: not a PNG, and ffmpeg, which could read it, was not found; install ffmpeg, or give "
                     "a PNG", path);
    if (snprintf(from, sizeof from, "file:%s", path) >= (int)sizeof from)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", path);
    if (name_temporary("photo.png", png, err)) return err->status;
    if (!ffmpeg_start(&f, input, output, png, false, err) && !ffmpeg_finish(&f, path, err)) read_png(png, p, err);
    remove_temporary(png);
    return err->status;
}

static bool is_png(const char *path) {
    static const unsigned char magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char bytes[8];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) fclose(file);
    return size == sizeof bytes && !memcmp(bytes, magic, sizeof magic);
}

/* Keeps a part of the photo. */
static gb_status cut_out(photo *p, int x, int y, int width, int height, gb_error *err) {
    uint8_t *part = malloc((size_t)width * (size_t)height * 4);
    if (!part) return state(err, GB_NO_MEMORY, "out of memory");
    for (int row = 0; row < height; row++)
        memcpy(part + (size_t)row * (size_t)width * 4, p->rgba + ((size_t)(y + row) * (size_t)p->width + (size_t)x) * 4,
               (size_t)width * 4);
    free(p->rgba);
    *p = (photo){width, height, part};
    return GB_OK;
}

static gb_status scale_to(photo *p, int width, int height, resampling how, gb_error *err) {
    scaling s;
    if (!scaling_new_to(&s, how, (const int[]){p->width, p->height}, (const int[]){width, height}, 4, err) && s.given) {
        const uint8_t *pixels = scaled(&s, p->rgba);
        uint8_t *copy = malloc((size_t)width * (size_t)height * 4);
        if (copy) memcpy(copy, pixels, (size_t)width * (size_t)height * 4);
        else state(err, GB_NO_MEMORY, "out of memory");
        free(p->rgba);
        *p = (photo){width, height, copy};
    }
    scaling_free(&s);
    return err->status;
}

/* The largest centred part with the proportions width : height. */
static gb_status cut_to_proportions(photo *p, int width, int height, gb_error *err) {
    int w = p->width, h = p->height;
    if ((int64_t)w * height > (int64_t)h * width) w = (int)((int64_t)h * width / height);
    else h = (int)((int64_t)w * height / width);
    w = w < 1 ? 1 : w;
    h = h < 1 ? 1 : h;
    return cut_out(p, (p->width - w) / 2, (p->height - h) / 2, w, h, err);
}

/* The least size of the same proportions that covers width × height; the longer side is rounded down. */
static gb_status scale_to_cover(photo *p, int width, int height, resampling how, gb_error *err) {
    int w = width, h = (int)((int64_t)width * p->height / p->width);
    if (h < height) {
        h = height;
        w = (int)((int64_t)height * p->width / p->height);
        w = w < width ? width : w;
    }
    if (scale_to(p, w, h, how, err)) return err->status;
    return cut_out(p, (int)nearbyint((w - width) / 2.0), (int)nearbyint((h - height) / 2.0), width, height, err);
}

gb_status read_photo(const char *path, int width, int height, photo_cut cut, resampling how, uint8_t **rgba, gb_error *err) {
    photo p = {0};
    *rgba = NULL;
    bool by_library = is_png(path) || !host_readable(path);     /* which says why a file cannot be opened */
    if (by_library ? read_png(path, &p, err) : read_other(path, &p, err)) return err->status;
    if (cut == PHOTO_SCALE_FIRST) scale_to_cover(&p, width, height, how, err);
    else if (!cut_to_proportions(&p, width, height, err)) scale_to(&p, width, height, how, err);
    if (err->status) free(p.rgba);
    else *rgba = p.rgba;
    return err->status;
}
