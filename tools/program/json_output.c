/* Printing JSON. */
#include "json_output.h"

#include <stdio.h>

#include "error.h"

gb_status write_json(json_t *root, int digits, gb_error *err) {
    int failed = root ? json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION((size_t)digits)) : 0;
    if (!root) return state(err, GB_NO_MEMORY, "out of memory for the JSON");
    json_decref(root);
    putchar('\n');
    return failed ? state(err, GB_IO, "standard output: cannot write the JSON") : GB_OK;
}
