/* "-" as the name of an input file. */
#ifndef GANBEND_TOOLS_STANDARD_INPUT_H
#define GANBEND_TOOLS_STANDARD_INPUT_H

#include "error.h"

/* The path of the file that standard input is copied to. */
const char *standard_input_path(void);
/* Copies standard input to that file, a temporary one. */
gb_status copy_standard_input(gb_error *err);

#endif
