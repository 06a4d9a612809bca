/* Recipes as YAML that people read: a line for each bend and parameter, and no quotes that are not needed. */
#ifndef GANBEND_TOOLS_RECIPE_YAML_H
#define GANBEND_TOOLS_RECIPE_YAML_H

#include "tools/program/text.h"

/* "angle=30": the value of a parameter in place of its default. */
typedef struct param_setting {
    const char *name, *value;   /* not zero-terminated */
    size_t name_length, value_length;
} param_setting;

/* Appends a recipe, given in the JSON of gb_recipe_json(), as YAML. Of several top-level keys with one name the first is
 * printed, of several settings of one parameter the last. */
gb_status put_recipe_yaml(text_buffer *to, const char *json, size_t size, const param_setting *set, size_t set_count,
                          gb_error *err);

#endif
