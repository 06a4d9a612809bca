/* Copies pictures row by row. */
#include "plain_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "tools/program/error.h"

gb_status plain_sheet_new(plain_sheet *s, const char *option, gb_error *err) {
    int64_t width = (int64_t)s->columns * s->width, height = (int64_t)s->rows * s->height;
    if (width > PNG_SIDE || height > PNG_SIDE)
        return state(err, GB_BAD_ARGUMENT, "%s %dx%d of %dx%d images exceeds %d pixels", option, s->columns, s->rows, s->width,
                     s->height, (int)PNG_SIDE);
    s->pixels = calloc((size_t)width * (size_t)height, (size_t)s->channels);
    return s->pixels ? GB_OK
                     : state(err, GB_NO_MEMORY, "out of memory for a sheet of %lld MB",
                             (long long)(width * height * s->channels >> 20));
}

void plain_sheet_free(plain_sheet *s) {
    free(s->pixels);
    s->pixels = NULL;
}

void plain_sheet_put(plain_sheet *s, size_t index, const uint8_t *pixels) {
    size_t row = (size_t)s->width * (size_t)s->channels, x = index % (size_t)s->columns, y = index / (size_t)s->columns;
    for (size_t i = 0; i < (size_t)s->height; i++)
        memcpy(s->pixels + ((y * (size_t)s->height + i) * (size_t)s->columns + x) * row, pixels + i * row, row);
}
