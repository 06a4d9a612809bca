/* An 8-bit RGB canvas for pictures, lines and text, used for labelled sheets and plots. It needs cairo; in a build without
 * it (-DGANBEND_CAIRO=OFF), canvas_new() fails. */
#ifndef GANBEND_TOOLS_DRAWING_H
#define GANBEND_TOOLS_DRAWING_H

#include "tools/program/arguments.h"

typedef struct canvas canvas;
typedef enum alignment { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT } alignment;
typedef enum ink { INK_TEXT, INK_NOTE, INK_FAINT, INK_CURVE } ink;

/* Whether this build can draw. */
bool canvas_exists(void);
/* Creates a white canvas. */
gb_status canvas_new(int width, int height, canvas **c, gb_error *err);
void canvas_free(canvas *c);
/* Draws a picture enlarged by an integer factor, with its upper left corner at (x, y). */
void canvas_picture(canvas *c, int x, int y, int width, int height, int scale, const uint8_t *rgb);
/* `y` is the baseline, `size` the font size in pixels. */
void canvas_text(canvas *c, double x, double y, double size, alignment align, ink colour, const char *text);
/* Text that runs upwards, centred at `y`; `x` is its baseline. */
void canvas_text_up(canvas *c, double x, double y, double size, ink colour, const char *text);
double canvas_text_width(canvas *c, double size, const char *text);
/* Draws a line through `count` points x, y, x, y, … */
void canvas_line(canvas *c, const double *points, size_t count, double width, ink colour);
void canvas_dashed_line(canvas *c, const double *points, size_t count, double width, ink colour);
gb_status canvas_write(canvas *c, const char *path, const gb_text *texts, size_t text_count, gb_error *err);

#endif
