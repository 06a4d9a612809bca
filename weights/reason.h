/* Why something failed. Every reader and writer under weights/ returns false (or NULL) and writes here one line that
 * names the place: "toy.pt: tensor 'conv1.conv.weight': offset 800 is past its storage of 600 bytes". */
#ifndef GB_WEIGHTS_REASON_H
#define GB_WEIGHTS_REASON_H

#include <stdbool.h>

#include "../engine/ganbend.h"

enum { GB_REASON_SIZE = 512 };

typedef struct gb_reason {
    gb_status status;           /* GB_OK until something fails; then GB_BAD_FILE or GB_NO_MEMORY */
    char text[GB_REASON_SIZE];
} gb_reason;                    /* starts as {0} */

/* Writes the line (cut to fit, cleaned by gb_make_printable(), never a newline) and returns false, so that a check is
 * written `return gb_because(why, ...)`. `why` may be NULL. If memory ran out before, that stays the reason: whatever
 * fails after it may be a consequence, and a file is not called damaged for it. */
bool gb_because(gb_reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "out of memory"; returns false. */
bool gb_because_no_memory(gb_reason *why);

/* Puts "place: " before the line; returns false. */
bool gb_because_in(gb_reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
