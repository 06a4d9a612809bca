/* A labelled contact sheet: pictures in columns and rows, with an optional line under each, optional titles for columns and
 * rows, names of the axes that these are values of, and a title. Small pictures are enlarged by an integer factor. All labels
 * have one font size: columns are as wide as the widest of them needs. */
#ifndef GANBEND_TOOLS_SHEET_H
#define GANBEND_TOOLS_SHEET_H

#include "drawing.h"

typedef struct contact {
    canvas *canvas;
    int columns, rows;
    int width, height, scale;       /* of a picture, and its enlargement */
    int cell;                       /* width of a column */
    int left, top, under;           /* space for titles of rows and columns, and for the lines under a picture */
} contact;

typedef struct contact_options {
    int columns, rows, width, height;
    bool row_titles, column_titles, lines;
    bool remarks;                   /* a second line under each picture */
    const char *title;              /* above the sheet, or NULL */
    const char *column_axis, *row_axis;     /* what the titles of columns and rows are values of, or NULL */
    const char *widest;             /* the widest line or column title; NULL: a picture's width is enough for all */
    const char *widest_row_title;   /* or NULL */
} contact_options;

gb_status contact_new(contact *s, const contact_options *options, gb_error *err);
void contact_free(contact *s);
/* `line` and `remark` may be NULL. A remark is written in grey, and so is the line above it. */
void contact_picture(contact *s, int column, int row, const uint8_t *rgb, const char *line, const char *remark);
void contact_column_title(contact *s, int column, const char *text);
void contact_row_title(contact *s, int row, const char *text);
gb_status contact_write(contact *s, const char *path, const gb_text *texts, size_t text_count, gb_error *err);

#endif
