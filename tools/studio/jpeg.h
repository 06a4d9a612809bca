/* Pictures as JPEG, by libjpeg-turbo. */
#ifndef GANBEND_STUDIO_JPEG_H
#define GANBEND_STUDIO_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct jpeg {
    void *compressor;
    unsigned char *bytes;       /* of the picture compressed last */
    unsigned long size, room;
} jpeg;

/* [height, width, 3], or [height, width] of grey, without padding. What was compressed before is overwritten. Small
 * pictures keep colour at full resolution. */
gb_status jpeg_compress(jpeg *j, const uint8_t *pixels, int width, int height, bool grey, int quality, gb_error *err);
void jpeg_free(jpeg *j);

#endif
