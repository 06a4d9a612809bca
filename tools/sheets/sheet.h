/* A contact sheet with words: pictures in columns and rows, each with a line under it, titles above columns and beside
 * rows where there are any. Small pictures are enlarged by whole numbers, so that words fit beside them. */
#ifndef GANBEND_TOOLS_CONTACT_H
#define GANBEND_TOOLS_CONTACT_H

#include "drawing.h"

typedef struct contact {
    canvas *canvas;
    int columns, rows;
    int width, height, scale;       /* of a picture, and how many times enlarged */
    int left, top, under;           /* room for titles of rows and columns, and for the line under a picture */
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
