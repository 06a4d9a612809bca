/* A JSON text (the --config of convert) as plain values. */
#ifndef GB_WEIGHTS_READ_JSON_H
#define GB_WEIGHTS_READ_JSON_H

#include "value.h"

/* The text's object, in `arena`; null becomes None, arrays lists. NULL with a reason (line and column) on malformed
 * text, a key that appears twice in one object, numbers out of range, or more than 64 levels. `name` is for messages. */
gb_value *gb_json_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_reason *why);

#endif
