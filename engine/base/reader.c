/* Readers, see reader.h. */
#include "reader.h"

#include <string.h>

#include "error.h"
#include "options.h"

/* Asks read() for bytes until it has no more. The copy takes at most three times the memory of what was read. */
static gb_status read_all(const gb_reader *reader, const char *name, const gb_allocator *allocator, gb_map *map,
                          gb_error *err) {
    enum { FIRST = 1 << 16 };
    unsigned char *bytes = NULL;
    size_t room = 0, used = 0, n;
    do {
        if (used == room) {
            size_t more = room ? 2 * room : FIRST;
            unsigned char *grown = more > room ? gb_aligned_alloc_with(allocator, more) : NULL;
            if (grown && used)
                memcpy(grown, bytes, used);
            gb_aligned_free(bytes);
            if (!grown)
                return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
            bytes = grown;
            room = more;
        }
        n = reader->read(reader->arg, bytes + used, room - used);
        if (n > room - used) {
            gb_aligned_free(bytes);
            return gb_fail(err, GB_IO, "%s: the reader's read() failed after %zu bytes", name, used);
        }
        used += n;
    } while (n);
    *map = (gb_map){.bytes = bytes, .size = used, .copied = true};
    return GB_OK;
}

gb_status gb_reader_read(const gb_reader *given, bool borrow, const gb_allocator *allocator, gb_map *map,
                         const char **name, gb_error *err) {
    gb_reader reader;
    *map = (gb_map){0};
    gb_status status = GB_TAKE_OPTIONS(gb_reader, arg, &reader, given, err);
    if (status)
        return status;
    *name = reader.name ? reader.name : "data";
    if (!reader.bytes && !reader.read)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: a reader needs bytes or read()", *name);
    if (!reader.bytes) {
        status = read_all(&reader, *name, allocator, map, err);
    } else if (borrow) {
        *map = (gb_map){.bytes = reader.bytes, .size = reader.count, .borrowed = true};
    } else {
        void *copy = gb_aligned_alloc_with(allocator, reader.count);
        if (!copy)
            return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", *name);
        memcpy(copy, reader.bytes, reader.count);
        *map = (gb_map){.bytes = copy, .size = reader.count, .copied = true};
    }
    if (!status && !map->size) {
        gb_map_close(map);
        status = gb_fail(err, GB_BAD_FILE, "%s: the file is empty", *name);
    }
    return status;
}
