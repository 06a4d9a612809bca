/* A labelled contact sheet: pictures in columns and rows, with an optional line under each and optional titles for columns
 * and rows. Small pictures are enlarged by an integer factor, so that labels fit. */
#ifndef GANBEND_TOOLS_SHEET_H
#define GANBEND_TOOLS_SHEET_H

#include "drawing.h"

typedef struct contact {
    canvas *canvas;
    int columns, rows;
    int width, height, scale;       /* of a picture, and its enlargement */
    int left, top, under;           /* space for titles of rows and columns, and for the line under a picture */
} contact;

typedef struct contact_options {
    int columns, rows, width, height;
    bool row_titles, column_titles, lines;
} contact_options;

gb_status contact_new(contact *s, const contact_options *options, gb_error *err);
void contact_free(contact *s);
void contact_picture(contact *s, int column, int row, const uint8_t *rgb, const char *line);
void contact_column_title(contact *s, int column, const char *text);
void contact_row_title(contact *s, int row, const char *text);
gb_status contact_write(contact *s, const char *path, const gb_text *texts, size_t text_count, gb_error *err);

#endif
