/* Lays out labelled sheets. */
#include "sheet.h"

#include <math.h>
#include <stdint.h>

enum { GAP = 6, MIN_SIDE = 128, LINE = 18, MARGIN = 8, TITLE_LINE = 26, AXIS_LINE = 20, ROW_TITLE = 104 };     /* in pixels */
static const double font_size = 13, title_size = 15;

/* The width of texts at the sizes of this file, measured on a canvas of their own; 0 for NULL. */
static gb_status measure(const char *const *texts, const double *sizes, int count, int *widths, gb_error *err) {
    canvas *c = NULL;
    if (canvas_new(1, 1, &c, err)) return err->status;
    for (int i = 0; i < count; i++)
        widths[i] = texts[i] ? (int)ceil(canvas_text_width(c, sizes[i], texts[i])) + MARGIN : 0;
    canvas_free(c);
    return GB_OK;
}

gb_status contact_new(contact *s, const contact_options *o, gb_error *err) {
    enum { CELL, ROW, TITLE, TEXTS };
    const char *const texts[TEXTS] = {o->widest, o->widest_row_title, o->title};
    const double sizes[TEXTS] = {font_size, font_size, title_size};
    int widths[TEXTS];
    int64_t width, height;
    *s = (contact){.columns = o->columns, .rows = o->rows, .width = o->width, .height = o->height};
    if (measure(texts, sizes, TEXTS, widths, err)) return err->status;
    s->scale = o->width >= MIN_SIDE ? 1 : (MIN_SIDE + o->width - 1) / o->width;
    s->cell = o->width * s->scale > widths[CELL] ? o->width * s->scale : widths[CELL];
    s->left = MARGIN + (o->row_axis ? AXIS_LINE : 0);
    if (o->row_titles) s->left += widths[ROW] ? widths[ROW] : ROW_TITLE;
    s->top = MARGIN + (o->title ? TITLE_LINE : 0) + (o->column_axis ? AXIS_LINE : 0) + (o->column_titles ? LINE : 0);
    s->under = (o->lines ? LINE : 0) + (o->remarks ? LINE - 3 : 0);
    width = s->left + (int64_t)o->columns * (s->cell + GAP) - GAP + MARGIN;
    if (width < MARGIN + widths[TITLE]) width = MARGIN + widths[TITLE];
    height = s->top + (int64_t)o->rows * (o->height * s->scale + s->under + GAP) - GAP + MARGIN;
    if (canvas_new(width < INT32_MAX ? (int)width : INT32_MAX, height < INT32_MAX ? (int)height : INT32_MAX, &s->canvas, err))
        return err->status;
    double columns = (double)o->columns * (s->cell + GAP) - GAP, rows = (double)height - s->top - MARGIN;
    if (o->title) canvas_text(s->canvas, MARGIN, MARGIN + title_size, title_size, ALIGN_LEFT, INK_TEXT, o->title);
    if (o->column_axis)
        canvas_text(s->canvas, s->left + columns / 2, MARGIN + (o->title ? TITLE_LINE : 0) + font_size, font_size, ALIGN_CENTRE,
                    INK_NOTE, o->column_axis);
    if (o->row_axis) canvas_text_up(s->canvas, MARGIN + font_size, s->top + rows / 2, font_size, INK_NOTE, o->row_axis);
    return GB_OK;
}

void contact_free(contact *s) {
    canvas_free(s->canvas);
    *s = (contact){0};
}

static int column_x(const contact *s, int column) {
    return s->left + column * (s->cell + GAP);
}

static int row_y(const contact *s, int row) {
    return s->top + row * (s->height * s->scale + s->under + GAP);
}

void contact_picture(contact *s, int column, int row, const uint8_t *rgb, const char *line, const char *remark) {
    int x = column_x(s, column), y = row_y(s, row);
    double middle = x + s->cell / 2.0, baseline = y + s->height * s->scale + LINE - 4;
    canvas_picture(s->canvas, x + (s->cell - s->width * s->scale) / 2, y, s->width, s->height, s->scale, rgb);
    if (line) canvas_text(s->canvas, middle, baseline, font_size, ALIGN_CENTRE, remark ? INK_NOTE : INK_TEXT, line);
    if (remark) canvas_text(s->canvas, middle, baseline + LINE - 3, font_size, ALIGN_CENTRE, INK_NOTE, remark);
}

void contact_column_title(contact *s, int column, const char *text) {
    canvas_text(s->canvas, column_x(s, column) + s->cell / 2.0, s->top - 5, font_size, ALIGN_CENTRE, INK_TEXT, text);
}

void contact_row_title(contact *s, int row, const char *text) {
    canvas_text(s->canvas, s->left - MARGIN, row_y(s, row) + s->height * s->scale / 2.0 + 4, font_size, ALIGN_RIGHT, INK_TEXT,
                text);
}

gb_status contact_write(contact *s, const char *path, const gb_text *texts, size_t text_count, gb_error *err) {
    return canvas_write(s->canvas, path, texts, text_count, err);
}
