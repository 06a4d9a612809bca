/* One line of words for what went wrong. */
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names come from files: control characters would break the line, or the terminal it is printed on. A character cut in
 * the middle (UTF-8) is taken away whole. */
static void make_one_line(char *text, size_t size) {
    size_t n = strlen(text);
    if (n + 1 == size) {
        size_t start = n;
        while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
            start--;
        if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
            text[start - 1] = 0;
    }
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
}

bool gb_because(gb_reason *why, const char *format, ...) {
    if (!why)
        return false;
    char line[GB_REASON_SIZE];      /* the arguments may point into why->text */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    make_one_line(line, sizeof line);
    memcpy(why->text, line, sizeof line);
    return false;
}

bool gb_because_in(gb_reason *why, const char *format, ...) {
    if (!why)
        return false;
    char place[GB_REASON_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(place, sizeof place, format, args);
    va_end(args);
    return gb_because(why, "%s: %s", place, why->text);
}
