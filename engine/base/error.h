/* Errors of the engine: functions return a status and write one line for the user, see gb_error in ganbend.h. */
#ifndef GB_ENGINE_ERROR_H
#define GB_ENGINE_ERROR_H

#include "engine/ganbend.h"
#include "weights/reason.h"

/* Writes the message, truncated to fit and with control characters replaced, and returns `status`, so that a check
 * reads `return gb_fail(err, GB_BAD_ARGUMENT, ...)`. `err` may be NULL. */
gb_status gb_fail(gb_error *err, gb_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with the message of one of the readers in weights/; GB_NO_MEMORY if memory ran out there. */
gb_status gb_fail_because(gb_error *err, gb_status status, const gb_reason *why);

#endif
