/* Staging of output files. */
#include "output_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffmpeg.h"
#include "temporary.h"
#include "engine/platform/files.h"

static bool is_staged(const output_file *o) {
    return o->name && strcmp(o->path, o->name) != 0;
}

gb_status output_begin(output_file *o, const char *name, gb_error *err) {
    *o = (output_file){.name = name, .format = strcmp(name, "-") ? output_format_of(name) : NULL};
    if (!strcmp(name, "-") || (o->format && !o->format->own && !host_is_device(name)))
        return name_temporary("output", o->path, err);
    if (strlen(name) >= PATH_ROOM) return state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", name);
    strcpy(o->path, name);
    return GB_OK;
}

static gb_status copy_to_stdout(const char *path, gb_error *err) {
    char bytes[1 << 16];
    size_t size;
    FILE *file = fopen(path, "rb");
    if (!file) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    while ((size = fread(bytes, 1, sizeof bytes, file)) > 0 && fwrite(bytes, 1, size, stdout) == size) {}
    if (ferror(file)) state(err, GB_IO, "%s: %s", path, strerror(errno));
    fclose(file);
    return err->status;         /* main() reports a failure of standard output */
}

/* Encodes the PNG beside the final name, and renames the result. A link is kept, and its target replaced. */
static gb_status encode(const output_file *o, gb_error *err) {
    char *to = host_final_name(o->name), beside[PATH_ROOM];
    const char *const input[] = {"-f", "png_pipe", "-i", o->path, NULL};
    ffmpeg f;
    if (!to) return state(err, GB_NO_MEMORY, "out of memory");
    if (!name_beside(to, beside, err)) {
        if (!ffmpeg_start(&f, input, o->format->picture, beside, false, err) && !ffmpeg_finish(&f, o->name, err))
            keep_temporary(beside, to, err);
        if (err->status) remove_temporary(beside);
    }
    free(to);
    return err->status;
}

gb_status output_finish(output_file *o, gb_error *err) {
    if (!is_staged(o)) return GB_OK;
    if (o->format) encode(o, err);
    else copy_to_stdout(o->path, err);
    output_drop(o);
    return err->status;
}

void output_drop(output_file *o) {
    if (is_staged(o)) remove_temporary(o->path);
    *o = (output_file){0};
}
