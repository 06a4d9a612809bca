/* The end of every --json. */
#ifndef GANBEND_TOOLS_JSON_OUTPUT_H
#define GANBEND_TOOLS_JSON_OUTPUT_H

#include <jansson.h>

#include <ganbend.h>

/* Prints a value to standard output, indented, and releases it. NULL is a value for which memory ran out. Numbers have
 * `digits` significant digits; 0 = as many as they need. */
gb_status write_json(json_t *root, int digits, gb_error *err);

#endif
