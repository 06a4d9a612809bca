/* Manifests: the outputs of a run that exist, the origin and the checksum of each. They are JSON lines in DIR/manifests:
 *
 *     run.jsonl         the run: command, number of items, model, settings; then the name of every item, one a line
 *     3-of-8.jsonl      a finished shard: {"shard":3,"of":8,"run":…}, then a line for each output
 *     3-of-8.journal    the same of a shard that is at work or was killed: a line is added when its output is complete
 *
 * A line for an output: {"item":2,"files":1,"file":"seed0002.png","from":"--seeds 2 …","model":"0123abcd",
 * "crc32":"89abcdef","bytes":4711,"seconds":0.031,"time":"2026-11-28T17:20:11Z"}. `item` counts from 0 through the whole run,
 * `files` is the number of files that the item has, and `file` is relative to DIR. */
#ifndef GANBEND_TOOLS_MANIFEST_H
#define GANBEND_TOOLS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/program/host.h"
#include "tools/program/text.h"

#define MANIFESTS "manifests"
enum { MOST_SHARDS = 100000 };

typedef struct manifest_line {
    size_t item, files;
    char *file;
    uint32_t crc32;
    int64_t bytes;
    const char *text;           /* the line, in the manifest's text, without its newline */
    size_t length;
} manifest_line;

typedef struct manifest {
    char *text;
    char *head;                 /* the first line, zero-terminated; NULL if there is no such file, or it has no whole line */
    size_t whole;               /* bytes of whole lines */
    manifest_line *lines;
    size_t count;
} manifest;

/* Reads a file as text with a zero at its end; *text is NULL if there is no such file. The caller frees it. */
gb_status read_if_there(const char *path, char **text, size_t *size, gb_error *err);
/* Writes a file whole or not at all. */
gb_status write_whole(const char *path, const text_buffer *text, gb_error *err);

/* Reads a manifest, or one that is text already, which becomes part of it. In a journal, lines that are not those of a
 * manifest are skipped: the end may have been cut by a kill. Call manifest_free() also if it fails. */
gb_status manifest_read(const char *path, bool journal, manifest *m, gb_error *err);
gb_status manifest_parse(char *text, size_t size, const char *path, bool journal, manifest *m, gb_error *err);
/* Sorts the lines by item; those of an item stay in their order. */
void manifest_sort(manifest *m);
void manifest_free(manifest *m);

typedef enum file_found { FILE_WHOLE, FILE_MISSING, FILE_DAMAGED, FILE_UNREADABLE } file_found;
/* Compares a file with its line: size and checksum, or the size alone. errno says why it is unreadable. */
file_found manifest_compare(const char *folder, const manifest_line *line, bool sizes_only);
/* Appends the line of a file that is complete. `from` is the settings that made it, `model` is the model's checksum. */
gb_status manifest_describe(const char *folder, const char *file, size_t item, size_t files, const char *from, const char *model,
                            double seconds, text_buffer *to, gb_error *err);

/* The first line of a shard's manifest; `run` is the first line of run.jsonl. */
enum { HEAD_ROOM = 96 };
void manifest_head(char head[HEAD_ROOM], int shard, int of, const char *run);

/* Writes "folder/manifests/name", with name as printf() makes it. */
gb_status manifest_path(char path[PATH_ROOM], const char *folder, gb_error *err, const char *format, ...) PRINTF_LIKE(4, 5);

#endif
