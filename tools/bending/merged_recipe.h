/* Several recipes that were applied one after the other as one recipe that does the same. */
#ifndef GANBEND_TOOLS_MERGED_RECIPE_H
#define GANBEND_TOOLS_MERGED_RECIPE_H

#include "tools/program/text.h"

/* Appends recipes, given in the JSON of gb_recipe_json(), as one: their bends in order, with parameters, vectors, clusters and
 * directions of all. Inputs and summaries are left out. GB_BAD_ARGUMENT if they give one name different
 * meanings, or if one is in network-bending's format, which cannot be mixed with another; `path` begins the message. */
gb_status merge_recipes(text_buffer *to, const char *const *json, size_t count, const char *path, gb_error *err);

/* Appends the member `"modulators": […], ` of a recipe, without those whose address is not kept; nothing if no modulator is
 * left. */
void put_kept_modulators(text_buffer *to, const char *json, bool (*keeps)(void *arg, const char *address, size_t length),
                         void *arg);

#endif
