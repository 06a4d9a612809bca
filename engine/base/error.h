/* How engine functions fail: a status is returned and one line is left for the person, see gb_error in ganbend.h. */
#ifndef GB_ENGINE_ERROR_H
#define GB_ENGINE_ERROR_H

#include "weights/reason.h"
#include "engine/ganbend.h"

/* Writes the line (cut to fit, control characters replaced, so that it stays one line on a terminal) and returns
 * `status`, so that a check reads `return gb_fail(err, GB_BAD_ARGUMENT, ...)`. `err` may be NULL. */
gb_status gb_fail(gb_error *err, gb_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with the line a reader left. */
gb_status gb_fail_because(gb_error *err, gb_status status, const gb_reason *why);

#endif
