/* Text in the making: buffers that grow, text that is cut to its room, numbers, names. */
#ifndef GANBEND_TOOLS_TEXT_H
#define GANBEND_TOOLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* Starts as {0}; `text` is NULL until something is put in, then ends with a zero. The caller frees it. */
typedef struct text_buffer {
    char *text;
    size_t used, room;
    bool failed;                /* out of memory: what came after is missing */
} text_buffer;

void put_bytes(text_buffer *b, const char *bytes, size_t count);
void put_text(text_buffer *b, const char *text);

/* Appends to a text of `room` bytes; the end of a longer text is cut off. */
void append(char *text, size_t room, const char *format, ...) PRINTF_LIKE(3, 4);
/* Appends the shortest decimal that reads back as the same float. */
void append_float(char *text, size_t room, float value);

/* True for 1 to room − 1 letters, digits, '-', '_', '.' and characters of `more`, not starting with a dot: never a
 * path. */
bool is_plain_name(const char *name, size_t room, const char *more);

#endif
