/* drawing.h with cairo. Text is antialiased in grey, so that the pixels do not depend on the screen. */
#include "drawing.h"

#include <stdlib.h>
#include <string.h>

#include <cairo.h>

struct canvas {
    cairo_surface_t *surface;
    cairo_t *cr;
    int width, height;
};

enum { MAX_SIDE = 32767 };      /* cairo's limit for images */

bool canvas_exists(void) {
    return true;
}

gb_status canvas_new(int width, int height, canvas **out, gb_error *err) {
    canvas *c;
    cairo_font_options_t *font;
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return state(err, GB_BAD_ARGUMENT, "the sheet would have %dx%d pixels; the limit is %dx%d", width, height,
                     (int)MAX_SIDE, (int)MAX_SIDE);
    c = calloc(1, sizeof *c);
    if (!c) return state(err, GB_NO_MEMORY, "out of memory");
    c->width = width;
    c->height = height;
    c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    c->cr = cairo_create(c->surface);
    if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS) {
        canvas_free(c);
        return state(err, GB_NO_MEMORY, "out of memory for a sheet of %dx%d pixels", width, height);
    }
    font = cairo_font_options_create();
    cairo_font_options_set_antialias(font, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(c->cr, font);
    cairo_font_options_destroy(font);
    cairo_select_font_face(c->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    *out = c;
    return GB_OK;
}

void canvas_free(canvas *c) {
    if (!c) return;
    cairo_destroy(c->cr);
    cairo_surface_destroy(c->surface);
    free(c);
}

void canvas_picture(canvas *c, int x, int y, int width, int height, int scale, const uint8_t *rgb) {
    unsigned char *pixels;
    size_t stride = (size_t)cairo_image_surface_get_stride(c->surface);
    cairo_surface_flush(c->surface);
    pixels = cairo_image_surface_get_data(c->surface);
    for (int i = 0; i < height * scale; i++)
        for (int j = 0; j < width * scale; j++) {
            const uint8_t *p = rgb + 3 * ((size_t)(i / scale) * (size_t)width + (size_t)(j / scale));
            uint32_t pixel = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            if (x + j >= 0 && x + j < c->width && y + i >= 0 && y + i < c->height)
                memcpy(pixels + (size_t)(y + i) * stride + (size_t)(x + j) * 4, &pixel, sizeof pixel);
        }
    cairo_surface_mark_dirty(c->surface);
}

double canvas_text_width(canvas *c, double size, const char *text) {
    cairo_text_extents_t extents;
    cairo_set_font_size(c->cr, size);
    cairo_text_extents(c->cr, text, &extents);
    return extents.x_advance;
}

static void choose_ink(canvas *c, ink colour) {
    switch (colour) {
    case INK_TEXT: cairo_set_source_rgb(c->cr, 0.1, 0.1, 0.1); break;
    case INK_NOTE: cairo_set_source_rgb(c->cr, 0.45, 0.45, 0.45); break;
    case INK_FAINT: cairo_set_source_rgb(c->cr, 0.85, 0.85, 0.85); break;
    case INK_CURVE: cairo_set_source_rgb(c->cr, 0.1, 0.35, 0.75); break;
    }
}

void canvas_text(canvas *c, double x, double y, double size, alignment align, ink colour, const char *text) {
    double width = canvas_text_width(c, size, text);
    choose_ink(c, colour);
    cairo_move_to(c->cr, align == ALIGN_LEFT ? x : align == ALIGN_CENTRE ? x - width / 2 : x - width, y);
    cairo_show_text(c->cr, text);
}

void canvas_text_up(canvas *c, double x, double y, double size, ink colour, const char *text) {
    double quarter = 3.14159265358979323846 / 2;
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -quarter);
    canvas_text(c, 0, 0, size, ALIGN_CENTRE, colour, text);
    cairo_restore(c->cr);
}

void canvas_line(canvas *c, const double *points, size_t count, double width, ink colour) {
    cairo_new_path(c->cr);
    for (size_t i = 0; i < count; i++) cairo_line_to(c->cr, points[2 * i], points[2 * i + 1]);
    cairo_set_line_width(c->cr, width);
    choose_ink(c, colour);
    cairo_stroke(c->cr);
}

void canvas_dashed_line(canvas *c, const double *points, size_t count, double width, ink colour) {
    const double dashes[] = {6, 4};
    cairo_set_dash(c->cr, dashes, 2, 0);
    canvas_line(c, points, count, width, colour);
    cairo_set_dash(c->cr, NULL, 0, 0);
}

gb_status canvas_write(canvas *c, const char *path, const gb_text *texts, size_t text_count, gb_error *err) {
    size_t stride = (size_t)cairo_image_surface_get_stride(c->surface), pixels = (size_t)c->width * (size_t)c->height;
    const unsigned char *from;
    uint8_t *rgb = malloc(pixels * 3);
    gb_status status;
    if (!rgb) return state(err, GB_NO_MEMORY, "out of memory for %s", path);
    cairo_surface_flush(c->surface);
    from = cairo_image_surface_get_data(c->surface);
    for (size_t i = 0; i < pixels; i++) {
        uint32_t pixel;
        memcpy(&pixel, from + i / (size_t)c->width * stride + i % (size_t)c->width * 4, sizeof pixel);
        rgb[3 * i] = (uint8_t)(pixel >> 16);
        rgb[3 * i + 1] = (uint8_t)(pixel >> 8);
        rgb[3 * i + 2] = (uint8_t)pixel;
    }
    status = gb_png_write(path, c->width, c->height, rgb, texts, text_count, err);
    free(rgb);
    return status;
}
