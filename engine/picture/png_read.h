/* Reading PNG files. */
#ifndef GB_ENGINE_PNG_READ_H
#define GB_ENGINE_PNG_READ_H

#include "engine/ganbend.h"

enum { GB_PNG_MAX_SIDE = 4096 };

/* Reads any PNG of at most GB_PNG_MAX_SIDE pixels per side as 8-bit RGBA rows without padding, to be freed. */
gb_status gb_png_read(const char *path, int *width, int *height, uint8_t **rgba, gb_error *err);
/* The same from memory; `name` is used in messages. */
gb_status gb_png_decode(const char *name, const unsigned char *bytes, size_t size, int *width, int *height,
                        uint8_t **rgba, gb_error *err);

#endif
