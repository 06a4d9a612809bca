/* BMP, https://learn.microsoft.com/windows/win32/gdi/bitmap-storage: two headers; for grey pictures a palette; and the rows from the
 * bottom, padded to multiples of four bytes, colours as blue, green, red. */
#include "encoder.h"

#include <stdlib.h>

#include "tools/program/error.h"

enum { FILE_HEADER = 14, INFO_HEADER = 40, SHADES = 256, MOST_SIDE = 32767 };

const char encoder_format[] = "image/bmp";

/* `bytes` bytes of a number, least significant first; returns what follows. */
static unsigned char *put(unsigned char *to, int bytes, unsigned long number) {
    for (int i = 0; i < bytes; i++) *to++ = (unsigned char)(number >> 8 * i & 0xff);
    return to;
}

static unsigned char *put_headers(unsigned char *to, int width, int height, bool grey, unsigned long start, unsigned long size) {
    *to++ = 'B';
    *to++ = 'M';
    to = put(to, 4, size);
    to = put(to, 4, 0);                             /* reserved */
    to = put(to, 4, start);
    to = put(to, 4, INFO_HEADER);
    to = put(to, 4, (unsigned long)width);
    to = put(to, 4, (unsigned long)height);
    to = put(to, 2, 1);                             /* plane */
    to = put(to, 2, grey ? 8 : 24);                 /* bits of a pixel */
    to = put(to, 4, 0);                             /* not compressed */
    to = put(to, 4, size - start);
    to = put(to, 4, 0);                             /* pixels per metre: unknown */
    to = put(to, 4, 0);
    to = put(to, 4, grey ? SHADES : 0);
    to = put(to, 4, 0);
    for (unsigned long i = 0; grey && i < SHADES; i++) to = put(to, 4, i << 16 | i << 8 | i);
    return to;
}

gb_status encode_picture(encoder *e, const uint8_t *pixels, int width, int height, bool grey, int quality, gb_error *err) {
    size_t columns = (size_t)width, bytes = grey ? columns : 3 * columns, padding = (4 - bytes % 4) % 4;
    unsigned long start = FILE_HEADER + INFO_HEADER + (grey ? 4 * SHADES : 0), size;
    unsigned char *to;
    (void)quality;
    if (width < 1 || height < 1 || width > MOST_SIDE || height > MOST_SIDE)
        return state(err, GB_BAD_ARGUMENT, "a picture of %dx%d pixels cannot be shown", width, height);
    size = start + (unsigned long)((bytes + padding) * (size_t)height);
    if (size > e->room) {
        free(e->bytes);
        e->room = 0;
        e->bytes = malloc(size);
        if (!e->bytes) return state(err, GB_NO_MEMORY, "out of memory for a picture of %dx%d", width, height);
        e->room = size;
    }
    e->size = size;
    to = put_headers(e->bytes, width, height, grey, start, size);
    for (size_t y = (size_t)height; y-- > 0;) {
        const uint8_t *from = pixels + y * bytes;
        for (size_t x = 0; x < columns; x++) {
            if (grey) {
                *to++ = from[x];
                continue;
            }
            *to++ = from[3 * x + 2];
            *to++ = from[3 * x + 1];
            *to++ = from[3 * x];
        }
        to = put(to, (int)padding, 0);
    }
    return GB_OK;
}

void encoder_free(encoder *e) {
    free(e->bytes);
    *e = (encoder){0};
}
