/* Draws the axes of plots. */
#include "axes.h"

#include <math.h>
#include <stdio.h>

/* The distance between grid lines, 1, 2 or 5 times a power of ten, for about six lines. */
static double tick_step(double range) {
    double raw = range / 6, power = pow(10, floor(log10(raw)));
    return raw <= power ? power : raw <= 2 * power ? 2 * power : raw <= 5 * power ? 5 * power : 10 * power;
}

double to_pixel_x(const axes *a, double x) {
    return PLOT_LEFT + (x - a->x0) / (a->x1 - a->x0) * (PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT);
}

double to_pixel_y(const axes *a, double y) {
    return PLOT_HEIGHT - PLOT_BOTTOM - (y - a->y0) / (a->y1 - a->y0) * (PLOT_HEIGHT - PLOT_TOP - PLOT_BOTTOM);
}

static void draw_line_at(canvas *c, double x0, double y0, double x1, double y1, bool axis) {
    const double line[] = {x0, y0, x1, y1};
    canvas_line(c, line, 2, 1, axis ? INK_TEXT : INK_FAINT);
}

void draw_axes(canvas *c, const axes *a) {
    double step = tick_step(a->x1 - a->x0);
    char text[32];
    for (double x = ceil(a->x0 / step) * step; x <= a->x1 + step * 1e-6; x += step) {
        draw_line_at(c, to_pixel_x(a, x), PLOT_TOP, to_pixel_x(a, x), PLOT_HEIGHT - PLOT_BOTTOM, fabs(x) < step * 1e-6);
        snprintf(text, sizeof text, "%g", fabs(x) < step * 1e-6 ? 0 : x);
        canvas_text(c, to_pixel_x(a, x), PLOT_HEIGHT - PLOT_BOTTOM + 18, 12, ALIGN_CENTRE, INK_TEXT, text);
    }
    step = tick_step(a->y1 - a->y0);
    for (double y = ceil(a->y0 / step) * step; y <= a->y1 + step * 1e-6; y += step) {
        draw_line_at(c, PLOT_LEFT, to_pixel_y(a, y), PLOT_WIDTH - PLOT_RIGHT, to_pixel_y(a, y), fabs(y) < step * 1e-6);
        snprintf(text, sizeof text, "%g", fabs(y) < step * 1e-6 ? 0 : y);
        canvas_text(c, PLOT_LEFT - 6, to_pixel_y(a, y) + 4, 12, ALIGN_RIGHT, INK_TEXT, text);
    }
}
