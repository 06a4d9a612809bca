/* Rows of the library's tables of filters and activations: found by name, their parameters read from words, printed as
 * text, as Markdown for the documentation and as JSON. */
#ifndef GANBEND_TOOLS_ROWS_H
#define GANBEND_TOOLS_ROWS_H

#include "tools/program/arguments.h"

typedef struct row_family {
    const char *one, *many;     /* "filter", "filters" */
    bool (*at)(size_t index, gb_table_row *row);
} row_family;

extern const row_family filter_rows, activation_rows;

enum { ROW_PARAMS = 20 };

/* By either of its names; the refusal says which name is near. */
gb_status find_row(const row_family *family, const char *name, gb_table_row *row, gb_error *err);
/* A parameter's place in the row by its name, or -1. */
int find_param(const gb_table_row *row, const char *name);
/* One word, "30", "angle=30" or "border=edge"; *next is where a word without a name goes, then where the next does. */
gb_status read_param(const gb_table_row *row, const char *word, float params[ROW_PARAMS], int *next, int *count,
                     gb_error *err);
/* "rotate,30,border=edge": the row and its parameters, defaults where none are given. *count is how many to hand on. */
gb_status read_row(const row_family *family, const char *text, gb_table_row *row, float params[ROW_PARAMS], int *count,
                   gb_error *err);

/* "rotate 30 edge" into `text`: the values given, for labels. */
void label_row(const gb_table_row *row, const float *params, int count, char *text, size_t size);

void print_row(const row_family *family, const gb_table_row *row);
void print_rows(const row_family *family);
/* A section for each row, as docs/recipes.md holds it. `name` = NULL prints all. */
void print_rows_markdown(const row_family *family, const char *name);
gb_status print_rows_json(const row_family *family, const char *name, gb_error *err);

#endif
