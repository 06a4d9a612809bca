/* Writes what a caller's reader gives. */
#include <stdint.h>
#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/platform.h"

/* Passes on what read() gives until it gives no more. */
static gb_status copy(const gb_reader *reader, const char *name, gb_out_file *file, gb_error *err) {
    enum { ROOM = 1 << 16 };
    gb_status status = GB_OK;
    unsigned char *bytes = malloc(ROOM);
    if (!bytes)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
    for (size_t n = 1; n > 0 && !status;) {
        n = reader->read(reader->arg, bytes, ROOM);
        if (n > ROOM)
            status = gb_fail(err, GB_IO, "%s: the reader's read() failed", name);
        else if (!gb_out_file_write(file, bytes, n))
            status = gb_out_file_check(file, err);
    }
    free(bytes);
    return status;
}

gb_status gb_file_write(const char *path, gb_output_kind kind, const gb_reader *from, gb_error *err) {
    gb_reader reader;
    gb_out_file *file;
    gb_status status = GB_TAKE_OPTIONS(gb_reader, arg, &reader, from, err);
    if (status)
        return status;
    const char *name = reader.name ? reader.name : "data";
    if (!reader.bytes && !reader.read)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: a reader needs bytes or read()", name);
    if ((status = gb_out_file_new(path, kind, &file, err)))
        return status;
    if (!reader.bytes)
        status = copy(&reader, name, file, err);
    else if (!gb_out_file_write(file, reader.bytes, reader.count))
        status = gb_out_file_check(file, err);
    if (!status)
        status = gb_out_file_finish(file, err);
    gb_out_file_free(file);
    return status;
}
