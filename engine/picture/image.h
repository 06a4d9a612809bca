/* Conversion of the network's picture to 8 or 16 bits. */
#ifndef GB_ENGINE_IMAGE_H
#define GB_ENGINE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/ganbend.h"

/* [3, H, W], nominally -1 to 1, with `plane` = H · W, to [H, W, 3]: clamp(127.5 x + 128), truncated, as NVIDIA's
 * generate.py does. NaN becomes 0. */
void gb_image_to_rgb(const float *image, size_t plane, uint8_t *rgb);

/* The same for 1, 3 or 4 channels (grey, RGB, RGBA): [channels, H, W] to [H, W, channels]. */
void gb_image_to_pixels(const float *image, int channels, size_t plane, uint8_t *pixels);

/* [channels, height, width] of 1, 3 or 4 channels to [height, width, 3], as gb_pixels_to_rgb() does. */
void gb_image_to_shown(const float *image, int channels, int height, int width, uint8_t *rgb);

/* A gb_pixel_format for pictures of a size; all numbers but `step` and `rows` in bytes. */
typedef struct gb_pixel_layout {
    gb_pixel_order order;
    size_t bytes;       /* of a value: 1 or 2 */
    size_t step;        /* values from a pixel to the next */
    size_t stride;      /* from a row to the next */
    size_t channel;     /* from a pixel's value to its next channel */
    size_t rows;        /* of one picture */
} gb_pixel_layout;

/* GB_BAD_ARGUMENT if the format is not possible. */
gb_status gb_pixel_layout_of(const gb_pixel_format *format, int height, int width, gb_pixel_layout *layout, gb_error *err);

/* [channels, height, width] of 1, 3 or 4 channels to one picture of that layout. */
void gb_image_to_layout(const float *image, int channels, int height, int width, const gb_pixel_layout *layout,
                        void *pixels);

/* The length in bytes of the UTF-8 character at the start of the null-terminated `s`; 0 if it is not valid UTF-8. */
size_t gb_utf8_length(const unsigned char *s);

#endif
