/* JPEG compression by libjpeg-turbo. */
#ifndef GANBEND_STUDIO_JPEG_H
#define GANBEND_STUDIO_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct jpeg {
    void *compressor;
    unsigned char *bytes;       /* of the last picture compressed */
    unsigned long size, room;
} jpeg;

/* Compresses [height, width, 3], or [height, width] if `grey`, rows without padding, into j->bytes, replacing the picture
 * before. Small pictures keep their colour at full resolution. */
gb_status jpeg_compress(jpeg *j, const uint8_t *pixels, int width, int height, bool grey, int quality, gb_error *err);
void jpeg_free(jpeg *j);

#endif
