/* Files that people have where a checkpoint should be: failed downloads, archives, other formats. */
#ifndef GB_WEIGHTS_READ_FOREIGN_FILES_H
#define GB_WEIGHTS_READ_FOREIGN_FILES_H

#include <stddef.h>

#include "../reason.h"

/* If the bytes are of a known other kind, by their signature: says what they are and what to do, and returns true. */
bool gb_foreign_file(const void *bytes, size_t size, gb_reason *why);

/* If the bytes are printable text: says so with the first line, and returns true. A pickle of protocol 0 is text as
 * well, so this is asked when the bytes cannot be read as one. */
bool gb_foreign_text(const void *bytes, size_t size, gb_reason *why);

#endif
