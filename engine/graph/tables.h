/* Rows of the filter and activation tables by name, with parameters checked against their ranges. */
#ifndef GB_ENGINE_TABLES_H
#define GB_ENGINE_TABLES_H

#include "engine/ganbend.h"

/* A row found by its name or alias, with all its parameters: the given ones, checked, and default values for the
 * rest. */
typedef struct gb_chosen_row {
    size_t index;               /* in the table */
    float params[GB_MAX_PARAMS];
    int count;                  /* of parameters in effect: of a row with any number of them, those given */
} gb_chosen_row;

gb_status gb_choose_filter(const char *name, const float *params, int count, gb_chosen_row *chosen, gb_error *err);
gb_status gb_choose_activation(const char *name, const float *params, int count, gb_chosen_row *chosen, gb_error *err);

#endif
