/* Writing ZIP files, whose files are stored as they are: PNGs cannot be compressed further. */
#ifndef GANBEND_STUDIO_ZIP_H
#define GANBEND_STUDIO_ZIP_H

#include <stdint.h>
#include <stdio.h>

#include <ganbend.h>

enum { ZIP_NAME = 80, ZIP_FILES = 65535 };

typedef struct zip_file {
    char name[ZIP_NAME];
    uint32_t sum, size, at;     /* CRC-32, bytes, and where it begins */
} zip_file;

typedef struct zip {
    FILE *file;
    const char *path;
    zip_file *files;
    size_t count, room;
    uint64_t at;                /* bytes written */
} zip;

/* Creates the file, which must not exist. `path` must last until zip_end(). */
gb_status zip_begin(zip *z, const char *path, gb_error *err);
/* Adds a file. Fails beyond 4 GiB or ZIP_FILES files, the most that a ZIP has. */
gb_status zip_add(zip *z, const char *name, const void *bytes, size_t size, gb_error *err);
/* Writes the directory and closes the file. To be called after a failure too, with its error; then what was written is useless, and
 * is the caller's to remove. */
gb_status zip_end(zip *z, gb_error *err);

#endif
