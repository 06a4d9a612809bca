/* Lays out labelled sheets. */
#include "sheet.h"

#include <stdint.h>

enum { GAP = 6, MIN_SIDE = 128, LINE = 18, MARGIN = 8, TITLE_WIDTH = 120 };     /* in pixels */
static const double font_size = 13, min_font_size = 7;

gb_status contact_new(contact *s, const contact_options *o, gb_error *err) {
    int64_t width, height;
    *s = (contact){.columns = o->columns, .rows = o->rows, .width = o->width, .height = o->height};
    s->scale = o->width >= MIN_SIDE ? 1 : (MIN_SIDE + o->width - 1) / o->width;
    s->left = MARGIN + (o->row_titles ? TITLE_WIDTH : 0);
    s->top = MARGIN + (o->column_titles ? LINE : 0);
    s->under = o->lines ? LINE : 0;
    width = s->left + (int64_t)o->columns * (o->width * s->scale + GAP) - GAP + MARGIN;
    height = s->top + (int64_t)o->rows * (o->height * s->scale + s->under + GAP) - GAP + MARGIN;
    return canvas_new(width < INT32_MAX ? (int)width : INT32_MAX, height < INT32_MAX ? (int)height : INT32_MAX,
                      &s->canvas, err);
}

void contact_free(contact *s) {
    canvas_free(s->canvas);
    *s = (contact){0};
}

static int column_x(const contact *s, int column) {
    return s->left + column * (s->width * s->scale + GAP);
}

static int row_y(const contact *s, int row) {
    return s->top + row * (s->height * s->scale + s->under + GAP);
}

/* Centres text in the `room` pixels from x on; long text gets a smaller font. */
static void put_text(contact *s, int x, int y, int room, const char *text) {
    double size = font_size, width = canvas_text_width(s->canvas, size, text);
    if (width > room) size = size * room / width;
    if (size < min_font_size) size = min_font_size;
    canvas_text(s->canvas, x + room / 2.0, y, size, ALIGN_CENTRE, text);
}

void contact_picture(contact *s, int column, int row, const uint8_t *rgb, const char *line) {
    int x = column_x(s, column), y = row_y(s, row);
    canvas_picture(s->canvas, x, y, s->width, s->height, s->scale, rgb);
    if (line) put_text(s, x, y + s->height * s->scale + LINE - 5, s->width * s->scale, line);
}

void contact_column_title(contact *s, int column, const char *text) {
    put_text(s, column_x(s, column), s->top - 5, s->width * s->scale, text);
}

void contact_row_title(contact *s, int row, const char *text) {
    put_text(s, MARGIN, row_y(s, row) + s->height * s->scale / 2 + 4, TITLE_WIDTH - MARGIN, text);
}

gb_status contact_write(contact *s, const char *path, const gb_text *texts, size_t text_count, gb_error *err) {
    return canvas_write(s->canvas, path, texts, text_count, err);
}
