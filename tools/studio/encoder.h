/* Pictures in a format that every browser decodes: JPEG by libjpeg-turbo (encoder_jpeg.c), or uncompressed BMP without any
 * library (encoder_bmp.c), where the page is on the same machine and bytes cost nothing. */
#ifndef GANBEND_STUDIO_ENCODER_H
#define GANBEND_STUDIO_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

extern const char encoder_format[];         /* "image/jpeg" or "image/bmp" */

typedef struct encoder {
    void *compressor;
    unsigned char *bytes;       /* of the last picture encoded */
    unsigned long size, room;
} encoder;

/* Encodes [height, width, 3], or [height, width] if `grey`, rows without padding, into e->bytes, replacing the picture before.
 * `quality` is 1 to 100, for formats that lose something; small pictures keep their colour at full resolution. */
gb_status encode_picture(encoder *e, const uint8_t *pixels, int width, int height, bool grey, int quality, gb_error *err);
void encoder_free(encoder *e);

#endif
