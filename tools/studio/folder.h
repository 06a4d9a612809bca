/* The studio's output folder. File names come from pages: they are names, never paths. Symbolic links are not followed.
 * Files appear completely or not at all: until they are complete they are in FOLDER_UNFINISHED. */
#ifndef GANBEND_STUDIO_FOLDER_H
#define GANBEND_STUDIO_FOLDER_H

#include <jansson.h>

#include "engine/platform/files.h"
#include "sizes.h"
#include "tools/program/host.h"

#define FOLDER_UNFINISHED "studio/.unfinished"

enum { FOLDER_FILE = PROJECT_NAME + 8 };        /* room for a name with its ending */

/* Writes "out/name.ext", or "out/sub/name.ext" if `sub` is not NULL. Fails if the name is invalid or `sub` is a symbolic
 * link. */
gb_status folder_path(char path[PATH_ROOM], const char *out, const char *sub, const char *name, const char *ext,
                      gb_error *err);
/* Creates `out` and, if it is not NULL, `sub` in it, unless they exist. */
gb_status folder_prepare(const char *out, const char *sub, gb_error *err);
/* A name that nothing has, for an unfinished file or folder; creates the folders that it is in. */
gb_status unfinished_path(char path[PATH_ROOM], const char *out, gb_error *err);
gb_status folder_prepare_unfinished(const char *out, gb_error *err);
/* Whether there is anything of that name, including a dangling link, or that cannot be found out. */
bool folder_has(const char *path);
/* GB_BAD_FILE unless it is a regular file and not a link; GB_IO if that cannot be found out. */
gb_status folder_check(const char *path, gb_error *err);
/* Reads a whole file of at most `most` bytes and appends a zero byte; the caller frees it. GB_BAD_FILE if it is larger, or no
 * regular file. */
gb_status folder_read(const char *path, size_t most, char **bytes, size_t *size, gb_error *err);
/* Writes an unfinished file that is to become `path`, syncs it, and returns its name. Nobody else can read it if it
 * is to replace another file. */
gb_status folder_write(const char *out, const char *path, const void *bytes, size_t size, char beside[PATH_ROOM],
                       gb_error *err);
/* The same, and then moves it to `path`. */
gb_status folder_replace(const char *out, const char *path, const void *bytes, size_t size, gb_error *err);
/* Renames `from` to `to`, replacing it but keeping its permissions; a link is replaced, not followed. */
gb_status folder_move(const char *from, const char *to, gb_error *err);
/* Renames the file or folder `from` to a name that nothing has. If something has it, changes nothing, sets *exists and fails
 * with GB_BAD_ARGUMENT. No other program can come between. */
gb_status folder_move_new(const char *from, const char *to, bool *exists, gb_error *err);
/* Moves an unfinished file to "STEM.ext", or "STEM-2.ext", …, and returns that name. Nothing is replaced, so no other tab has to
 * wait meanwhile. A file that has these contents already is used instead, if it has at most 64 MiB. */
gb_status folder_move_numbered(const char *out, const char *unfinished, const char *stem, const char *ext,
                               char file[FOLDER_FILE], gb_error *err);
/* Makes a file that another program wrote survive a power failure, if the file system can. */
gb_status folder_sync_file(const char *path, gb_error *err);
void folder_remove(const char *path);           /* a file, or a folder with all its files */
/* Takes the folder out of paths in a message: "out/a.yaml: not found" is "a.yaml: not found" for a page, which knows no paths. */
void hide_folder(char *message, const char *folder);
/* Opens a folder to list it. *folder is NULL if there is none, or none that may be read, and after a failure. */
gb_status folder_open(const char *path, DIR **folder, gb_error *err);
/* The sorted names of at most `most` files that end in `ext`; none if there is no such folder, or none that may be read. */
gb_status folder_list(const char *out, const char *ext, size_t most, json_t **names, gb_error *err);

#endif
