/* Reads what a caller's gb_reader gives. */
#ifndef GB_ENGINE_READER_H
#define GB_ENGINE_READER_H

#include "platform.h"

/* All bytes of the reader as a map: its own bytes if `borrow` is true and it has them, otherwise a copy in memory of the
 * allocator, which may be NULL. `name` lives as long as the reader's. GB_BAD_FILE if it is empty. Release with
 * gb_map_close(). */
gb_status gb_reader_read(const gb_reader *reader, bool borrow, const gb_allocator *allocator, gb_map *map,
                         const char **name, gb_error *err);

#endif
