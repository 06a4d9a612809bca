/* The axes of a plot: its frame on a canvas, grid lines with numbers. */
#ifndef GANBEND_TOOLS_AXES_H
#define GANBEND_TOOLS_AXES_H

#include "drawing.h"

enum { PLOT_WIDTH = 640, PLOT_HEIGHT = 480, PLOT_LEFT = 64, PLOT_RIGHT = 20, PLOT_TOP = 40, PLOT_BOTTOM = 40 };

/* The ranges of both axes, from left to right and from bottom to top. */
typedef struct axes { double x0, x1, y0, y1; } axes;

double to_pixel_x(const axes *a, double x);
double to_pixel_y(const axes *a, double y);
/* Draws about six lines across each axis, at multiples of 1, 2 or 5 times a power of ten, and their numbers. */
void draw_axes(canvas *c, const axes *a);

#endif
