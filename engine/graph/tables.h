/* Looks up rows of the filter and activation tables by name, and checks parameters against their ranges. */
#ifndef GB_ENGINE_TABLES_H
#define GB_ENGINE_TABLES_H

#include "engine/ganbend.h"

/* Finds a row by its name or alias; `index` is its position in the table. */
bool gb_table_find(bool (*row_at)(size_t, gb_table_row *), const char *name, gb_table_row *row, size_t *index);

/* Checks the given parameters and completes them with default values. `used` is the number of parameters in effect. */
gb_status gb_table_params(const gb_table_row *row, const float *params, int count, float out[GB_MAX_PARAMS],
                          int *used, gb_error *err);

#endif
