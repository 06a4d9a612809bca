/* Conversion of the network's picture to pixels, see image.h. */
#include "image.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/ganbend.h"

static float at_most(float v, float highest) {
    v = v > 0.0f ? v : 0.0f;            /* NaN is not greater */
    return v < highest ? v : highest;
}

static uint8_t level(float x) {
    return (uint8_t)at_most(x * 127.5f + 128.0f, 255);      /* two roundings, as in PyTorch */
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

/* Blends a colour with a checkerboard of two greys, for levels 0 to `highest`, which is 255 or 65535. */
static void blend(const unsigned colour[3], unsigned alpha, unsigned highest, int y, int x, unsigned shown[3]) {
    enum { SQUARE = 8, DARK = 153, LIGHT = 204 };
    unsigned behind = (((y / SQUARE + x / SQUARE) & 1) ? DARK : LIGHT) * (highest / 255);
    for (int c = 0; c < 3; c++)
        shown[c] = (unsigned)(((uint64_t)colour[c] * alpha + (uint64_t)behind * (highest - alpha) + highest / 2) / highest);
}

/* Repeats a grey value three times; shows a transparent pixel over the checkerboard. */
static void blend_pixel(const uint8_t *pixel, int channels, int y, int x, uint8_t *rgb) {
    unsigned colour[3], shown[3];
    for (int c = 0; c < 3; c++)
        colour[c] = pixel[channels == 1 ? 0 : c];
    blend(colour, channels == 4 ? pixel[3] : 255, 255, y, x, shown);
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)shown[c];
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
            uint8_t pixel[4] = {0};
            for (int c = 0; c < channels; c++)
                pixel[c] = level(image[(size_t)c * plane]);
            blend_pixel(pixel, channels, y, x, rgb);
        }
}

/* ---------------------------------------------------------------------------------------------------- layouts */

gb_status gb_pixel_layout_of(const gb_pixel_format *given, int height, int width, gb_pixel_layout *layout, gb_error *err) {
    gb_pixel_format format;
    gb_status status = GB_TAKE_OPTIONS(gb_pixel_format, stride, &format, given, err);
    if (status)
        return status;
    if ((int)format.order < 0 || format.order > GB_PIXELS_PLANAR)
        return gb_fail(err, GB_BAD_ARGUMENT, "unknown order of pixels %d", (int)format.order);
    if (format.bits && format.bits != 8 && format.bits != 16)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d bits; choose 8 or 16", format.bits);
    bool planar = format.order == GB_PIXELS_PLANAR, rgb = format.order == GB_PIXELS_RGB;
    size_t bytes = format.bits == 16 ? 2 : 1, step = planar ? 1 : rgb ? 3 : 4, row = (size_t)width * step * bytes;
    size_t stride = format.stride ? format.stride : row, rows = (size_t)height * (planar ? 3 : 1);
    if (stride < row || stride % bytes || stride > SIZE_MAX / rows)
        return gb_fail(err, GB_BAD_ARGUMENT, "a stride of %zu bytes; expected %s of at least %zu", stride,
                       bytes == 2 ? "an even number" : "a number", row);
    *layout = (gb_pixel_layout){format.order, bytes, step, stride, planar ? stride * (size_t)height : bytes, rows};
    return GB_OK;
}

static uint16_t level16(float x) {
    return (uint16_t)at_most(x * 32767.5f + 32768.0f, 65535);
}

/* Writes channel `c` of the pixel at `to`. */
static void put(const gb_pixel_layout *layout, unsigned char *to, size_t c, uint16_t value) {
    to += c * layout->channel;
    if (layout->bytes == 2)
        memcpy(to, &value, sizeof value);
    else
        *to = (unsigned char)value;
}

void gb_image_to_layout(const float *image, int channels, int height, int width, const gb_pixel_layout *layout,
                        void *pixels) {
    size_t plane = (size_t)height * (size_t)width;
    bool wide = layout->bytes == 2, alpha = layout->step == 4;
    unsigned opaque = wide ? 65535 : 255;
    for (int y = 0; y < height; y++) {
        unsigned char *to = (unsigned char *)pixels + (size_t)y * layout->stride;
        for (int x = 0; x < width; x++, image++, to += layout->step * layout->bytes) {
            unsigned pixel[4] = {0}, shown[3];
            for (int c = 0; c < channels; c++)
                pixel[c] = wide ? level16(image[(size_t)c * plane]) : level(image[(size_t)c * plane]);
            for (int c = channels; c < 3; c++)
                pixel[c] = pixel[0];
            pixel[3] = channels == 4 ? pixel[3] : opaque;
            blend(pixel, alpha ? opaque : pixel[3], opaque, y, x, shown);
            for (size_t c = 0; c < 3; c++)
                put(layout, to, layout->order == GB_PIXELS_BGRA ? 2 - c : c, (uint16_t)shown[c]);
            if (alpha)
                put(layout, to, 3, (uint16_t)pixel[3]);
        }
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
