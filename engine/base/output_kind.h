/* What kind of file an output path already holds: output files never replace one of another kind. */
#ifndef GB_ENGINE_OUTPUT_KIND_H
#define GB_ENGINE_OUTPUT_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/ganbend.h"

/* Whether a file whose first `size` bytes are `bytes` is of that kind. */
bool gb_begins_kind(gb_output_kind kind, const unsigned char *bytes, size_t size);

#endif
