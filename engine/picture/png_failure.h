/* Handling of libpng errors: a longjmp to the caller, which finds the message in gb_png_failure. */
#ifndef GB_ENGINE_PNG_FAILURE_H
#define GB_ENGINE_PNG_FAILURE_H

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>

/* Set by setjmp(failure.jump) before libpng is called; the error pointer of the png_struct. */
typedef struct gb_png_failure {
    jmp_buf jump;
    char message[160];
    bool no_memory;     /* an allocation failed, also if libpng went on without what it was for */
} gb_png_failure;

/* For png_create_read_struct() and png_create_write_struct(). Warnings are ignored. */
void gb_png_on_error(png_structp png, png_const_charp message);
void gb_png_on_warning(png_structp png, png_const_charp message);
/* For png_create_read_struct_2() and png_create_write_struct_2(), with the gb_png_failure as their argument too. */
png_voidp gb_png_malloc(png_structp png, png_alloc_size_t size);
void gb_png_free(png_structp png, png_voidp memory);

#endif
