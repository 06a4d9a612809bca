/* A recipe between two that differ in numbers only: their texts side by side, each number that differs on its way from
 * the first to the second. */
#ifndef GANBEND_TOOLS_BLEND_H
#define GANBEND_TOOLS_BLEND_H

#include "tools/program/arguments.h"

/* The text at share `t` of the way from `a` to `b`, into *out, to be freed. Numbers that are whole in both stay whole;
 * "0.0" in one lets it glide. What else differs is refused, with the line. */
gb_status blend_texts(const char *a, const char *b, double t, char **out, gb_error *err);

#endif
