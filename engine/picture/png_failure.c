/* Handlers of libpng's errors and warnings. */
#include "png_failure.h"

#include <stdio.h>

void gb_png_on_error(png_structp png, png_const_charp message) {
    gb_png_failure *failure = png_get_error_ptr(png);
    snprintf(failure->message, sizeof failure->message, "%s", message);
    longjmp(failure->jump, 1);
}

void gb_png_on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}
