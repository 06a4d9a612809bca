/* Output files and writers, see output.h. */
#include "output.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "options.h"

gb_status gb_output_open(const char *path, gb_output_kind kind, gb_output *output, gb_error *err) {
    *output = (gb_output){.name = path};
    return gb_out_file_new(path, kind, &output->file, err);
}

gb_status gb_writer_begin(gb_writer *writer, gb_error *err) {
    gb_writer taken;
    gb_status status = GB_TAKE_OPTIONS(gb_writer, count, &taken, writer, err);
    if (status)
        return status;
    writer->bytes = NULL;
    writer->count = 0;
    return GB_OK;
}

gb_status gb_output_open_writer(gb_writer *writer, gb_output *output, gb_error *err) {
    *output = (gb_output){.name = "the PNG", .writer = writer};
    return gb_writer_begin(writer, err);
}

/* Collects the bytes in memory. */
static gb_status collect(gb_output *output, const void *bytes, size_t size) {
    gb_writer *writer = output->writer;
    if (size > SIZE_MAX / 4 - writer->count)
        return GB_NO_MEMORY;
    if (writer->count + size > output->room) {
        size_t room = 2 * (writer->count + size);
        void *grown = realloc(writer->bytes, room);
        if (!grown)
            return GB_NO_MEMORY;
        writer->bytes = grown;
        output->room = room;
    }
    memcpy((char *)writer->bytes + writer->count, bytes, size);
    writer->count += size;
    return GB_OK;
}

bool gb_output_write(void *arg, const void *bytes, size_t size) {
    gb_output *output = arg;
    if (output->file)
        return gb_out_file_write(output->file, bytes, size);
    if (!output->failed && size > 0) {
        if (!output->writer->write)
            output->failed = collect(output, bytes, size);
        else if (!output->writer->write(output->writer->arg, bytes, size))
            output->failed = GB_IO;
        else
            output->writer->count += size;
    }
    return !output->failed;
}

gb_status gb_output_check(const gb_output *output, gb_error *err) {
    if (output->file)
        return gb_out_file_check(output->file, err);
    if (output->failed == GB_NO_MEMORY)
        return gb_fail(err, GB_NO_MEMORY, "out of memory after %zu bytes of output", output->writer->count);
    return output->failed ? gb_fail(err, GB_IO, "the writer's write() ended the output after %zu bytes", output->writer->count)
                          : GB_OK;
}

gb_status gb_output_close(gb_output *output, gb_status status, gb_error *err) {
    if (!status)
        status = output->file ? gb_out_file_finish(output->file, err) : gb_output_check(output, err);
    gb_out_file_free(output->file);
    if (status && output->writer && !output->writer->write) {
        free(output->writer->bytes);
        output->writer->bytes = NULL;
        output->writer->count = 0;
    }
    return status;
}

void gb_free(void *bytes) {
    free(bytes);
}

gb_status gb_out_file_failed(const gb_out_file *file, const char *path, gb_reason *why, gb_error *err) {
    gb_status status = gb_out_file_check(file, err);
    gb_because_in(why, "%s", path);
    return status ? status : gb_fail_because(err, GB_BAD_ARGUMENT, why);
}
