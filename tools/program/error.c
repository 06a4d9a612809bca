/* The program's own errors. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

gb_status state(gb_error *err, gb_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    gb_make_printable(err->message);
    return err->status = status;
}
