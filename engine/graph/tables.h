/* Rows of the filter and activation tables by name, and parameters held to their ranges. */
#ifndef GB_ENGINE_TABLES_H
#define GB_ENGINE_TABLES_H

#include "engine/ganbend.h"

/* By either name of the row; `index` is its place in the table. */
bool gb_table_find(bool (*row_at)(size_t, gb_table_row *), const char *name, gb_table_row *row, size_t *index);

/* The row's full list: those given, checked, and defaults behind them. `used` is how many count. */
gb_status gb_table_params(const gb_table_row *row, const float *params, int count, float out[GB_MAX_PARAMS],
                          int *used, gb_error *err);

#endif
