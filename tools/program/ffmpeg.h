/* Runs ffmpeg as a separate process that reads from a pipe or a file and writes one file. */
#ifndef GANBEND_TOOLS_FFMPEG_H
#define GANBEND_TOOLS_FFMPEG_H

#include <stdio.h>

#include "error.h"
#include "process.h"

typedef struct ffmpeg {
    process process;            /* 0: not running */
    FILE *frames;               /* its standard input; NULL if it reads a file */
    FILE *said;                 /* its messages */
} ffmpeg;

/* Starts "ffmpeg INPUT… OUTPUT… file:PATH". Both lists are NULL-terminated. With `pipe` the caller writes to f->frames,
 * and SIGPIPE is ignored from then on. */
gb_status ffmpeg_start(ffmpeg *f, const char *const *input, const char *const *output, const char *path, bool pipe,
                       gb_error *err);
/* Closes the pipe and waits until ffmpeg ends. The error contains the first line that it printed, and begins with `name`. */
gb_status ffmpeg_finish(ffmpeg *f, const char *name, gb_error *err);
/* Ends it at once. */
void ffmpeg_stop(ffmpeg *f);

#endif
