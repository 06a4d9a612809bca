/* The folder that a studio keeps things in. Names in it come from pages: they are names, never paths; links are not
 * followed; what is written appears whole or not at all. */
#ifndef GANBEND_STUDIO_FOLDER_H
#define GANBEND_STUDIO_FOLDER_H

#include <jansson.h>

#include "tools/pictures/pictures.h"

/* "out/name.ext", or "out/sub/name.ext" where `sub` is not NULL. Of a bad name or a `sub` that is a link: why not. */
gb_status folder_path(char path[PATH_ROOM], const char *out, const char *sub, const char *name, const char *ext,
                      gb_error *err);
/* Makes `out` and, where it is not NULL, `sub` in it, unless they are there. */
gb_status folder_prepare(const char *out, const char *sub, gb_error *err);
bool folder_has(const char *path);              /* anything of that name, also a link to nowhere */
/* GB_IO unless it is a file, and no link to one. */
gb_status folder_check(const char *path, gb_error *err);
/* A whole file of at most `most` bytes, with a 0 behind it; to be freed. */
gb_status folder_read(const char *path, size_t most, char **bytes, size_t *size, gb_error *err);
gb_status folder_write(const char *path, const void *bytes, size_t size, gb_error *err);
/* `from` takes the place of `to`, of the link itself where that is one. */
gb_status folder_move(const char *from, const char *to, gb_error *err);
void folder_remove(const char *path);           /* a file, or a folder with all files in it */
/* Names of the files that end in `ext`, in order; at most `most`. */
gb_status folder_list(const char *out, const char *ext, size_t most, json_t **names, gb_error *err);

#endif
