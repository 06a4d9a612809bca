/* What `ganbend compare` says about a reference's arrays, as a table and as JSON. */
#ifndef GANBEND_TOOLS_COMPARISON_H
#define GANBEND_TOOLS_COMPARISON_H

#include "tools/inputs/reference.h"
#include "tools/program/arguments.h"

/* The largest difference divided by the reference's largest magnitude; NaN if a value is NaN, infinite if the difference is,
 * or if the reference is zero and the difference is not. */
double relative_deviation(const reference_array *s, const deviation *d);
/* True if everything is within the tolerance; NaN is not. */
bool within_tolerance(const reference *r, double tolerance);
/* `local`: with the arrays' own differences. */
void print_comparison(const reference *r, double tolerance, bool local);
gb_status print_comparison_json(const reference *r, const char *model, double tolerance, bool local, gb_error *err);

#endif
