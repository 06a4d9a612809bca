/* "-" as the name of an input file. */
#ifndef GANBEND_TOOLS_STANDARD_INPUT_H
#define GANBEND_TOOLS_STANDARD_INPUT_H

#include <stddef.h>

#include "error.h"

/* The path of the file that standard input is copied to. */
const char *standard_input_path(void);
/* Copies a message of `size` bytes with "standard input" in place of that path. */
void name_standard_input(const char *message, char *named, size_t size);
/* Copies standard input to that file, a temporary one. */
gb_status copy_standard_input(gb_error *err);

#endif
