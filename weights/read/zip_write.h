/* Writing zip archives: stored entries, ZIP64 if a size or offset needs it. The same contents give the same bytes. */
#ifndef GB_WEIGHTS_READ_ZIP_WRITE_H
#define GB_WEIGHTS_READ_ZIP_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "../reason.h"

/* Receives `size` bytes; returns false to stop the writing. */
typedef bool (*gb_byte_sink)(void *arg, const void *bytes, size_t size);

typedef struct gb_zip_writer gb_zip_writer;

/* Writes an entry's content, `what`, to a sink. Called two times, first for its CRC-32, because a stored entry's header comes
 * before the data. */
typedef bool gb_zip_content(const void *what, gb_byte_sink sink, void *arg, gb_reason *why);

gb_zip_writer *gb_zip_writer_new(gb_byte_sink sink, void *arg);        /* NULL if out of memory */
/* After a failure the writer can only be freed. */
bool gb_zip_writer_add(gb_zip_writer *n, const char *name, gb_zip_content *content, const void *what, gb_reason *why);
/* Writes the directory, which completes the file. */
bool gb_zip_writer_finish(gb_zip_writer *n, gb_reason *why);
void gb_zip_writer_free(gb_zip_writer *n);

#endif
