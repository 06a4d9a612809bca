/* One output file of any format. The library writes PNGs and arrays to `path`; finishing the output encodes them if the
 * name stands for another format, or copies them to standard output. */
#ifndef GANBEND_TOOLS_OUTPUT_FILE_H
#define GANBEND_TOOLS_OUTPUT_FILE_H

#include "host.h"
#include "output_names.h"

typedef struct output_file {
    const char *name;           /* as given */
    const output_format *format;    /* NULL for standard output and devices */
    char path[PATH_ROOM];       /* where the library writes: `name`, or a temporary file */
} output_file;

/* `name` is the name of a file, from check_output_name(). */
gb_status output_begin(output_file *o, const char *name, gb_error *err);
gb_status output_finish(output_file *o, gb_error *err);
/* Removes what was not finished. May be called after output_finish(), and for a zeroed struct. */
void output_drop(output_file *o);

#endif
