/* A picture of ours back into the recipe that makes it again: the recipe in its texts, with the inputs and parameters of
 * its settings. */
#ifndef GANBEND_TOOLS_REMAKE_H
#define GANBEND_TOOLS_REMAKE_H

#include "tools/program/arguments.h"

/* The text of that name in a PNG; to be freed. */
gb_status picture_text(const char *path, const char *name, char **text, gb_error *err);
/* A recipe as YAML, to be freed; gb_recipe_parse() takes it. Its first line, a comment, says what else the picture was
 * made with. */
gb_status remake_recipe(const char *path, char **text, gb_error *err);

#endif
