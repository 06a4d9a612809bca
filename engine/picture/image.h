/* From the network's picture to 8 bits; PNG files are written by gb_png_write() of ganbend.h. */
#ifndef GB_ENGINE_IMAGE_H
#define GB_ENGINE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* [3, H, W] of `plane` = H · W floats each, nominally -1 to 1, into [H, W, 3]: clamp(127.5 x + 128), truncated, as
 * NVIDIA's generate.py writes it. NaN becomes 0. */
void gb_image_to_rgb(const float *image, size_t plane, uint8_t *rgb);

/* Bytes of the UTF-8 character that `s`, which ends in a 0, begins with; 0 where it begins with none. */
size_t gb_utf8_length(const unsigned char *s);

#endif
