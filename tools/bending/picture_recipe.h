/* Extracts the recipe that reproduces a picture from its PNG: the recipe in its text chunks, with the inputs and parameters
 * in its settings. */
#ifndef GANBEND_TOOLS_PICTURE_RECIPE_H
#define GANBEND_TOOLS_PICTURE_RECIPE_H

#include "tools/program/arguments.h"

/* The text chunk with that name in a PNG. The caller frees it. */
gb_status picture_text(const char *path, const char *name, char **text, gb_error *err);
/* The recipe as YAML that gb_recipe_parse() reads. The caller frees it. Settings that a recipe cannot express are listed in
 * a comment in the first line. */
gb_status remake_recipe(const char *path, char **text, gb_error *err);

#endif
