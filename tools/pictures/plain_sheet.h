/* A sheet of pictures of one size without gaps and labels. */
#ifndef GANBEND_TOOLS_PLAIN_SHEET_H
#define GANBEND_TOOLS_PLAIN_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct plain_sheet {
    int columns, rows;          /* 0: no sheet */
    int width, height, channels;    /* of a picture */
    uint8_t *pixels;            /* [rows × height, columns × width, channels]; empty places are black or transparent */
} plain_sheet;

/* Allocates the pixels of a sheet whose other members are set. `option` is used in messages. */
gb_status plain_sheet_new(plain_sheet *s, const char *option, gb_error *err);
void plain_sheet_free(plain_sheet *s);
/* Copies a picture to place `index`, counted row by row. */
void plain_sheet_put(plain_sheet *s, size_t index, const uint8_t *pixels);
enum { PNG_SIDE = 65500 };

#endif
