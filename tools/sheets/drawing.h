/* A canvas of 8-bit RGB to put pictures, lines and words on, for labelled sheets and plots. Cairo does the work; a
 * build without it (-DGANBEND_CAIRO=OFF) refuses to make a canvas and says so. */
#ifndef GANBEND_TOOLS_DRAWING_H
#define GANBEND_TOOLS_DRAWING_H

#include "tools/program/arguments.h"

typedef struct canvas canvas;
typedef enum alignment { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT } alignment;
typedef enum ink { INK_TEXT, INK_FAINT, INK_CURVE } ink;

/* White. */
gb_status canvas_new(int width, int height, canvas **c, gb_error *err);
void canvas_free(canvas *c);
/* A picture with its upper left corner at (x, y), every pixel `scale` pixels wide. */
void canvas_picture(canvas *c, int x, int y, int width, int height, int scale, const uint8_t *rgb);
/* `y` is the baseline, `size` that of the letters in pixels. */
void canvas_text(canvas *c, double x, double y, double size, alignment align, const char *text);
double canvas_text_width(canvas *c, double size, const char *text);
/* Through points x, y, x, y, … */
void canvas_line(canvas *c, const double *points, size_t count, double width, ink colour);
gb_status canvas_write(canvas *c, const char *path, const gb_text *texts, size_t text_count, gb_error *err);

#endif
