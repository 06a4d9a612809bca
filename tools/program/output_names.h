/* Names of output files. The ending says what a file is, whatever its case; any other name is a folder, "-" is standard
 * output. Devices and pipes (/dev/stdout) are files under any name. */
#ifndef GANBEND_TOOLS_OUTPUT_NAMES_H
#define GANBEND_TOOLS_OUTPUT_NAMES_H

#include "error.h"

/* What a subcommand writes, or what an ending stands for. */
enum {
    WRITES_PICTURE = 1, WRITES_ANIMATION = 2, WRITES_ARRAYS = 4, WRITES_ARRAY = 8, WRITES_MODEL = 16,
    WRITES_FOLDER = 32,
    WRITES_STREAM = 64,         /* "-" is allowed */
    WRITES_CLUSTERS = 128
};

typedef struct output_format {
    const char *ending;         /* ".png" */
    int kinds;                  /* WRITES_PICTURE and so on */
    bool own;                   /* written by the library, as `kind`; other formats by ffmpeg */
    gb_output_kind kind;
    const char *magic;          /* bytes at `magic_at` by which such a file is recognised */
    size_t magic_size, magic_at;
    const char *const *picture, *const *animation;      /* arguments for ffmpeg that encode one; NULL-terminated */
} output_format;

/* The format that the name's ending stands for; NULL for a folder. */
const output_format *output_format_of(const char *name);
/* False for the name of a folder. */
bool output_is_file(const char *name);
/* Checks that a subcommand that writes `kinds` can write to that name: the ending, a program for it, a terminal for "-",
 * and that no file of another kind is replaced unless `force`. */
gb_status check_output_name(const char *name, int kinds, bool force, gb_error *err);

#endif
