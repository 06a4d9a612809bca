/* Conversion of the network's picture to 8 bits. image.c also writes PNG files, see gb_png_write() in ganbend.h. */
#ifndef GB_ENGINE_IMAGE_H
#define GB_ENGINE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* [3, H, W], nominally -1 to 1, with `plane` = H · W, to [H, W, 3]: clamp(127.5 x + 128), truncated, as NVIDIA's
 * generate.py does. NaN becomes 0. */
void gb_image_to_rgb(const float *image, size_t plane, uint8_t *rgb);

/* The same for 1, 3 or 4 channels (grey, RGB, RGBA): [channels, H, W] to [H, W, channels]. */
void gb_image_to_pixels(const float *image, int channels, size_t plane, uint8_t *pixels);

/* [channels, height, width] of 1, 3 or 4 channels to [height, width, 3], as gb_pixels_to_rgb() does. */
void gb_image_to_shown(const float *image, int channels, int height, int width, uint8_t *rgb);

/* The length in bytes of the UTF-8 character at the start of the null-terminated `s`; 0 if it is not valid UTF-8. */
size_t gb_utf8_length(const unsigned char *s);

#endif
