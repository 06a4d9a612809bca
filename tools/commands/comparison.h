/* What `ganbend compare` says about a reference's arrays, as a table and as JSON. */
#ifndef GANBEND_TOOLS_COMPARISON_H
#define GANBEND_TOOLS_COMPARISON_H

#include "tools/inputs/reference.h"
#include "tools/program/arguments.h"

/* Differences that are allowed: relative to the largest magnitude of the array, or absolute, for arrays that vanish. */
typedef struct tolerance {
    double relative, absolute;
} tolerance;

/* True if everything is within the tolerance; NaN is not. */
bool within_tolerance(const reference *r, tolerance allowed);

typedef struct comparison_columns {
    bool local;                 /* the arrays' own differences */
    bool float64;               /* the differences from float64, of the reference and of ours */
} comparison_columns;

void print_comparison(const reference *r, tolerance allowed, comparison_columns with);
gb_status print_comparison_json(const reference *r, const char *model, tolerance allowed, comparison_columns with,
                                gb_error *err);

#endif
