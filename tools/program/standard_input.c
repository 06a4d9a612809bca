/* Readers of files need their size first, so standard input is copied. */
#include "standard_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "temporary.h"
#include "engine/platform/files.h"

static char copy[PATH_ROOM];        /* standard input belongs to the process, and so does its copy */

const char *standard_input_path(void) {
    return copy;
}

void name_standard_input(const char *message, char *named, size_t size) {
    const char *at = *copy ? strstr(message, copy) : NULL;
    if (at) snprintf(named, size, "%.*sstandard input%s", (int)(at - message), message, at + strlen(copy));
    else snprintf(named, size, "%s", message);
}

gb_status copy_standard_input(gb_error *err) {
    char bytes[1 << 16];
    size_t size;
    FILE *to;
    if (name_temporary("standard-input", copy, err)) return err->status;
    to = fopen(copy, "wb");
    if (!to) return state(err, GB_IO, "%s: %s", copy, strerror(errno));
    while ((size = fread(bytes, 1, sizeof bytes, stdin)) > 0 && fwrite(bytes, 1, size, to) == size) {}
    if (ferror(stdin)) state(err, GB_IO, "standard input: %s", strerror(errno));
    else if (ferror(to)) state(err, GB_IO, "%s: %s", copy, strerror(errno));
    if (fclose(to) != 0 && !err->status) state(err, GB_IO, "%s: %s", copy, strerror(errno));
    return err->status;
}
