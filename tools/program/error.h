/* Errors of the program's own functions, in the library's form. */
#ifndef GANBEND_TOOLS_ERROR_H
#define GANBEND_TOOLS_ERROR_H

#include <ganbend.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(format_at, values_at) __attribute__((format(printf, format_at, values_at)))
#else
#define PRINTF_LIKE(format_at, values_at)
#endif

/* Fills `err` and returns `status`. `err` is not NULL. */
gb_status state(gb_error *err, gb_status status, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
