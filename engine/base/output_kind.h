/* What kind of file an output path already holds: output files never replace one of another kind. */
#ifndef GB_ENGINE_OUTPUT_KIND_H
#define GB_ENGINE_OUTPUT_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/ganbend.h"

/* Whether `bytes`, the first `size` of a file, begin one of that kind. */
bool gb_begins_kind(gb_output_kind kind, const unsigned char *bytes, size_t size);

#endif
