/* Photos for networks: read from PNGs, or from any file that ffmpeg reads, cut around the centre and scaled. */
#ifndef GANBEND_TOOLS_PHOTO_H
#define GANBEND_TOOLS_PHOTO_H

#include <stdint.h>

#include "tools/pictures/scaling.h"

typedef enum photo_cut {
    PHOTO_CUT_FIRST,            /* the largest centred part of the wanted proportions, then scaled */
    PHOTO_SCALE_FIRST           /* scaled until it covers the wanted size, then cut, as torchvision's Resize and CenterCrop */
} photo_cut;

/* Reads `path` as 8-bit RGBA [height, width, 4]; the caller frees *rgba. */
gb_status read_photo(const char *path, int width, int height, photo_cut cut, resampling how, uint8_t **rgba, gb_error *err);

#endif
