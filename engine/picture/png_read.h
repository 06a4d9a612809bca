/* Pictures that a person made, as pixels. */
#ifndef GB_ENGINE_PNG_READ_H
#define GB_ENGINE_PNG_READ_H

#include "engine/ganbend.h"

enum { GB_PNG_MOST_SIDE = 4096 };

/* Any PNG of at most GB_PNG_MOST_SIDE pixels each way, as 8-bit RGBA rows without padding, to be freed. */
gb_status gb_png_read(const char *path, int *width, int *height, uint8_t **rgba, gb_error *err);
/* The same from memory; `name` is for messages. */
gb_status gb_png_decode(const char *name, const unsigned char *bytes, size_t size, int *width, int *height,
                        uint8_t **rgba, gb_error *err);

#endif
