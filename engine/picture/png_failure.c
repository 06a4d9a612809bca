/* Handlers of libpng's errors and warnings. */
#include "png_failure.h"

#include <stdio.h>
#include <stdlib.h>

void gb_png_on_error(png_structp png, png_const_charp message) {
    gb_png_failure *failure = png_get_error_ptr(png);
    snprintf(failure->message, sizeof failure->message, "%s", message);
    longjmp(failure->jump, 1);
}

void gb_png_on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

png_voidp gb_png_malloc(png_structp png, png_alloc_size_t size) {
    gb_png_failure *failure = png_get_mem_ptr(png);
    void *memory = malloc(size);
    failure->no_memory |= !memory;
    return memory;
}

void gb_png_free(png_structp png, png_voidp memory) {
    (void)png;
    free(memory);
}
