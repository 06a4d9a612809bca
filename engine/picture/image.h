/* From the network's picture to 8 bits; PNG files are written by gb_png_write() of ganbend.h. */
#ifndef GB_ENGINE_IMAGE_H
#define GB_ENGINE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* [3, H, W] of `plane` = H · W floats each, nominally -1 to 1, into [H, W, 3]: clamp(127.5 x + 128), truncated, as
 * NVIDIA's generate.py writes it. NaN becomes 0. */
void gb_image_to_rgb(const float *image, size_t plane, uint8_t *rgb);

/* The same for 1, 3 or 4 channels (grey, RGB, RGBA): [channels, H, W] into [H, W, channels]. */
void gb_image_to_pixels(const float *image, int channels, size_t plane, uint8_t *pixels);

/* [channels, height, width], of 1, 3 or 4 channels, into [height, width, 3] as gb_pixels_to_rgb() shows it. */
void gb_image_to_shown(const float *image, int channels, int height, int width, uint8_t *rgb);

/* Bytes of the UTF-8 character that `s`, which ends in a 0, begins with; 0 where it begins with none. */
size_t gb_utf8_length(const unsigned char *s);

#endif
