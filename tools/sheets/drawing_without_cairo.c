/* drawing.h in a build without cairo: canvas_new() fails, so the other functions are never called. */
#include "drawing.h"

bool canvas_exists(void) {
    return false;
}

gb_status canvas_new(int width, int height, canvas **c, gb_error *err) {
    *c = NULL;
    (void)width, (void)height;
    return state(err, GB_BAD_ARGUMENT, "labelled sheets and plots need cairo; build ganbend with -DGANBEND_CAIRO=ON");
}

void canvas_free(canvas *c) { (void)c; }

void canvas_picture(canvas *c, int x, int y, int width, int height, int scale, const uint8_t *rgb) {
    (void)c, (void)x, (void)y, (void)width, (void)height, (void)scale, (void)rgb;
}

void canvas_text(canvas *c, double x, double y, double size, alignment align, ink colour, const char *text) {
    (void)c, (void)x, (void)y, (void)size, (void)align, (void)colour, (void)text;
}

void canvas_text_up(canvas *c, double x, double y, double size, ink colour, const char *text) {
    (void)c, (void)x, (void)y, (void)size, (void)colour, (void)text;
}

void canvas_dashed_line(canvas *c, const double *points, size_t count, double width, ink colour) {
    (void)c, (void)points, (void)count, (void)width, (void)colour;
}

double canvas_text_width(canvas *c, double size, const char *text) {
    (void)c, (void)size, (void)text;
    return 0;
}

void canvas_line(canvas *c, const double *points, size_t count, double width, ink colour) {
    (void)c, (void)points, (void)count, (void)width, (void)colour;
}

gb_status canvas_write(canvas *c, const char *path, const gb_text *texts, size_t text_count, gb_error *err) {
    (void)c, (void)texts, (void)text_count;
    return state(err, GB_BAD_ARGUMENT, "%s: drawing needs cairo", path);
}
