/* Why something failed. Every reader and writer under weights/ returns false (or NULL) and writes here one line that
 * names the place: "toy.pt: tensor 'conv1.conv.weight': offset 800 is past its storage of 600 bytes". */
#ifndef GB_WEIGHTS_REASON_H
#define GB_WEIGHTS_REASON_H

#include <stdbool.h>

#include "../engine/ganbend.h"

enum { GB_REASON_SIZE = 512 };

typedef struct gb_reason {
    char text[GB_REASON_SIZE];
} gb_reason;

/* Writes the line (cut to fit, cleaned by gb_make_printable(), never a newline) and returns false, so that a check is
 * written `return gb_because(why, ...)`. `why` may be NULL. */
bool gb_because(gb_reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "place: " before the line; returns false. */
bool gb_because_in(gb_reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
