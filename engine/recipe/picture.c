/* Pictures in a recipe: a PNG file, or a PNG in the recipe itself as a data URL (RFC 2397) in strict base64 (RFC 4648);
 * and greyscale images as values of one map. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "engine/picture/png_read.h"
#include "recipe.h"

static const char url_head[] = "data:image/png;base64,";

/* ------------------------------------------------------------------------------------------------ reading */

static int digit_of(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Decodes base64; `bytes` has room for 3 bytes per 4 characters. On failure *at is the index of the invalid character,
 * or `length` if the text is incomplete. */
static bool decode(const char *text, size_t length, unsigned char *bytes, size_t *size, size_t *at) {
    size_t padding = 0;
    uint32_t group = 0;
    *at = length;
    if (length == 0 || length % 4)
        return false;
    while (padding < 2 && text[length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < length; i++) {
        int digit = i < length - padding ? digit_of(text[i]) : 0;
        if (digit < 0) {
            *at = i;
            return false;
        }
        group = group << 6 | (uint32_t)digit;
        if (i % 4 < 3)
            continue;
        *bytes++ = (unsigned char)(group >> 16);
        *bytes++ = (unsigned char)(group >> 8);
        *bytes++ = (unsigned char)group;
    }
    *size = length / 4 * 3 - padding;
    *at = length - padding - 1;
    return !(group & ((UINT32_C(1) << 8 * padding) - 1));       /* unused bits must be zero */
}

/* The number of pixels in a PNG's header, which is the most that reading it can give. */
static uint64_t claimed_pixels(const unsigned char *png, size_t size) {
    enum { WIDTH = 16, HEIGHT = 20, END = 24 };
    uint64_t width = 0, height = 0;
    for (size_t i = 0; size >= END && i < 4; i++) {
        width = width << 8 | png[WIDTH + i];
        height = height << 8 | png[HEIGHT + i];
    }
    return width * height;
}

/* Limits the pixels of all pictures in the recipe: they are decoded whenever it is applied, and a few bytes of text
 * must not take minutes. */
static gb_status count_pixels(gb_recipe *recipe, const gb_yaml *node, const char *what,
                              const gb_recipe_picture *picture, gb_error *err) {
    const uint64_t most = UINT64_C(1) << 26;
    uint64_t pixels = claimed_pixels(picture->bytes, picture->size);
    if (pixels > most || recipe->pixels > most - pixels)
        return gb_recipe_fail(recipe, node, err, "%s: with it the pictures in this recipe have more than %d million "
                              "pixels; store large ones in files", what, (int)(most / 1000000));
    recipe->pixels += pixels;
    return GB_OK;
}

gb_status gb_recipe_read_picture(gb_recipe *recipe, const gb_yaml *node, const char *what,
                                 const gb_recipe_picture **out, gb_error *err) {
    gb_recipe_picture *picture = NULL;
    unsigned char *bytes = NULL;
    const char *text;
    size_t at;
    gb_status status = gb_recipe_text(recipe, node, what, &text, err);
    if (!status)
        status = gb_recipe_alloc(recipe, sizeof *picture, (void **)&picture, err);
    *out = picture;
    if (status || strncmp(text, "data:", 5)) {
        if (!status)
            picture->file = text;
        return status;
    }
    if (strncmp(text, url_head, sizeof url_head - 1))
        return gb_recipe_fail(recipe, node, err, "%s begins with '%.32s'; expected '%s'", what, text,
                              url_head);
    text += sizeof url_head - 1;
    status = gb_recipe_alloc(recipe, strlen(text) / 4 * 3, (void **)&bytes, err);
    if (status)
        return status;
    picture->bytes = bytes;
    if (decode(text, strlen(text), bytes, &picture->size, &at))
        return count_pixels(recipe, node, what, picture, err);
    if (at == strlen(text))
        return gb_recipe_fail(recipe, node, err, "%s: its base64 has %zu characters; expected a multiple of 4", what,
                              at);
    return gb_recipe_fail(recipe, node, err, "%s: character %zu of its base64 is invalid", what, at + 1);
}

gb_status gb_recipe_picture_text(const gb_recipe *recipe, const gb_recipe_picture *picture, char **text, gb_error *err) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *path, *to;
    gb_map map;
    *text = NULL;
    gb_status status = gb_recipe_path(recipe, picture->file, &path, err);
    if (status)
        return status;
    status = gb_map_read(path, GB_YAML_MAX_SIZE, &map, err);
    free(path);
    if (status)
        return status;
    const unsigned char *from = map.bytes;
    *text = to = malloc(sizeof url_head + (map.size + 2) / 3 * 4);
    if (to) {
        to += sprintf(to, "%s", url_head);
        for (size_t i = 0; i < map.size; i += 3) {
            size_t left = map.size - i;
            uint32_t group = (uint32_t)from[i] << 16 | (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) | (left > 2 ? from[i + 2] : 0);
            *to++ = digits[group >> 18];
            *to++ = digits[group >> 12 & 63];
            *to++ = left > 1 ? digits[group >> 6 & 63] : '=';
            *to++ = left > 2 ? digits[group & 63] : '=';
        }
        *to = '\0';
    }
    gb_map_close(&map);
    return *text ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

const char *gb_recipe_picture_name(const gb_recipe_picture *picture) {
    return picture->file ? picture->file : "the picture in the recipe";
}

gb_status gb_recipe_pixels(const gb_recipe *recipe, const gb_recipe_picture *picture, int *width, int *height,
                           uint8_t **rgba, gb_error *err) {
    char *path;
    *rgba = NULL;
    if (!picture->file)
        return gb_png_decode(gb_recipe_picture_name(picture), picture->bytes, picture->size, width, height, rgba, err);
    gb_status status = gb_recipe_path(recipe, picture->file, &path, err);
    if (status)
        return status;
    status = gb_png_read(path, width, height, rgba, err);
    free(path);
    return status;
}
