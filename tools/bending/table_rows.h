/* Rows of the library's tables of filters and activations: finds them by name, parses their parameters, and prints them as
 * text, as Markdown for the documentation, and as JSON. */
#ifndef GANBEND_TOOLS_TABLE_ROWS_H
#define GANBEND_TOOLS_TABLE_ROWS_H

#include "tools/program/arguments.h"

typedef struct row_family {
    const char *one, *many;     /* "filter", "filters" */
    bool (*at)(size_t index, gb_table_row *row);
} row_family;

extern const row_family filter_rows, activation_rows;

enum { ROW_PARAMS = GB_MAX_PARAMS };

/* Finds a row by name or alias; the error suggests a similar name. */
gb_status find_row(const row_family *family, const char *name, gb_table_row *row, gb_error *err);
/* The index of the parameter with that name, or -1. */
int find_param(const gb_table_row *row, const char *name);
/* Parses one word, "30", "angle=30" or "border=edge". *next is the index for a word without a name, and is advanced;
 * *count becomes the number of parameters to pass on. */
gb_status read_param(const gb_table_row *row, const char *word, float params[ROW_PARAMS], int *next, int *count,
                     gb_error *err);
/* Parses "rotate,30,border=edge". Parameters that are not given have default values; *count is the number of parameters to
 * pass on. */
gb_status read_row(const row_family *family, const char *text, gb_table_row *row, float params[ROW_PARAMS], int *count,
                   gb_error *err);

/* Writes a label, "rotate 30 edge". */
void label_row(const gb_table_row *row, const float *params, int count, char *text, size_t size);

void print_row(const gb_table_row *row);
void print_rows(const row_family *family);
/* Prints a section for each row, as in docs/recipes.md. A NULL `name` prints all rows. */
void print_rows_markdown(const row_family *family, const char *name);
gb_status print_rows_json(const row_family *family, const char *name, gb_error *err);

#endif
