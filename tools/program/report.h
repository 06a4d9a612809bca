/* What a subcommand says about its success, on standard output: one line by default, nothing with -q, more with -v. Nothing
 * is printed if the output itself goes there. */
#ifndef GANBEND_TOOLS_REPORT_H
#define GANBEND_TOOLS_REPORT_H

#include <stdbool.h>

#include "error.h"

typedef enum verbosity { REPORT_NOTHING, REPORT_LINE, REPORT_ALL } verbosity;

void set_verbosity(verbosity how);
/* Prints a line, unless -q was given. */
void report(const char *format, ...) PRINTF_LIKE(1, 2);
/* Prints a line if -v was given. */
void report_more(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
