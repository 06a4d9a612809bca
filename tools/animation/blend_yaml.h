/* Interpolates between two recipes that differ only in numbers. */
#ifndef GANBEND_TOOLS_BLEND_H
#define GANBEND_TOOLS_BLEND_H

#include "tools/program/arguments.h"

/* Blends text `a` (t = 0) with text `b` (t = 1). The caller frees *out. Numbers that are integers in both texts are rounded
 * to integers; "0.0" is not an integer. Any other difference is an error that names the line. */
gb_status blend_texts(const char *a, const char *b, double t, char **out, gb_error *err);

#endif
