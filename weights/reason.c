/* One line that says what went wrong. */
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Length in bytes of the character that `s` begins with, and its code point in *code; 0 if it is not UTF-8. */
static int utf8(const unsigned char *s, unsigned *code) {
    int more = s[0] < 0x80 ? 0 : s[0] >= 0xC2 && s[0] < 0xE0 ? 1 : s[0] >= 0xE0 && s[0] < 0xF0 ? 2
        : s[0] >= 0xF0 && s[0] < 0xF5 ? 3 : -1;
    if (more < 0)
        return 0;
    *code = more ? s[0] & (0x3Fu >> more) : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3F);
    }
    return more + 1;
}

/* Characters that a terminal acts on instead of showing them. The joiners U+200C and U+200D belong to words. */
static bool is_control(unsigned c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || c == 0x200B || (c >= 0x2028 && c <= 0x202E) ||
        c == 0x2060 || (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF;
}

void gb_make_printable(char *text) {
    for (unsigned char *s = (unsigned char *)text; *s;) {
        unsigned code = 0;
        int size = utf8(s, &code);
        bool bad = size == 0 || is_control(code);
        if (bad)
            memset(s, '?', size ? (size_t)size : 1);
        s += size ? size : 1;
    }
}

/* Names come from files and would break the line, or act on the terminal it is printed on. A character cut in the middle
 * (UTF-8) is removed. */
static void make_one_line(char *text, size_t size) {
    size_t n = strlen(text);
    if (n + 1 == size) {
        size_t start = n;
        while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
            start--;
        if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
            text[start - 1] = 0;
    }
    gb_make_printable(text);
}

static bool state(gb_reason *why, gb_status status, const char *format, va_list args) {
    char line[GB_REASON_SIZE];      /* the arguments may point into why->text */
    vsnprintf(line, sizeof line, format, args);
    make_one_line(line, sizeof line);
    memcpy(why->text, line, sizeof line);
    why->status = status;
    return false;
}

static bool state_text(gb_reason *why, gb_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    state(why, status, format, args);
    va_end(args);
    return false;
}

bool gb_because(gb_reason *why, const char *format, ...) {
    if (!why || why->status == GB_NO_MEMORY)
        return false;
    va_list args;
    va_start(args, format);
    state(why, GB_BAD_FILE, format, args);
    va_end(args);
    return false;
}

bool gb_because_no_memory(gb_reason *why) {
    return why ? state_text(why, GB_NO_MEMORY, "out of memory") : false;
}

bool gb_because_in(gb_reason *why, const char *format, ...) {
    if (!why)
        return false;
    char place[GB_REASON_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(place, sizeof place, format, args);
    va_end(args);
    return state_text(why, why->status, "%s: %s", place, why->text);
}
