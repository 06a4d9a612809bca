/* The verbosity is a property of the process, like its standard output. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

static verbosity level = REPORT_LINE;

void set_verbosity(verbosity how) {
    level = how;
}

static void print(verbosity needed, const char *format, va_list args) {
    char line[8192];
    if (level < needed) return;
    vsnprintf(line, sizeof line, format, args);
    gb_make_printable(line);        /* names of files */
    puts(line);
}

void report(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print(REPORT_LINE, format, args);
    va_end(args);
}

void report_more(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print(REPORT_ALL, format, args);
    va_end(args);
}
