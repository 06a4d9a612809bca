/* Text in the making. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void put_bytes(text_buffer *b, const char *bytes, size_t count) {
    if (b->failed) return;
    if (b->used + count >= b->room) {
        size_t room = 2 * (b->used + count) + 1024;
        char *grown = realloc(b->text, room);
        if (!grown) {
            b->failed = true;
            return;
        }
        b->text = grown;
        b->room = room;
    }
    memcpy(b->text + b->used, bytes, count);
    b->used += count;
    b->text[b->used] = '\0';
}

void put_text(text_buffer *b, const char *text) {
    put_bytes(b, text, strlen(text));
}

void append(char *text, size_t room, const char *format, ...) {
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, room - used, format, args);
    va_end(args);
}

void append_float(char *text, size_t room, float value) {
    char digits[32];
    for (int precision = 6; precision <= 9; precision++) {      /* %g leaves out zeros at the end */
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value) break;
    }
    append(text, room, "%s", digits);
}

bool is_plain_name(const char *name, size_t room, const char *more) {
    size_t length = strlen(name);
    if (length == 0 || length >= room || *name == '.') return false;
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (!letter && !strchr("-_.", *c) && !strchr(more, *c)) return false;
    }
    return true;
}
