/* The pictures for the audience as a video stream for other programs: at a fixed rate and size, into a pipe. A thread of its
 * own takes the newest picture when one is due. If the pipe's reader is slow, frames are left out; nothing waits for it. */
#ifndef GANBEND_STUDIO_FRAMES_OUT_H
#define GANBEND_STUDIO_FRAMES_OUT_H

#include <stdbool.h>

#include "outputs.h"

typedef struct frames_out frames_out;

typedef struct frames_options {
    const char *to;             /* "-" for standard output, or a named pipe */
    bool nut;                   /* NUT, otherwise bare pixels */
    int width, height, fps;
} frames_options;

/* Checks that `to` is a pipe and starts the thread. Call it before the first picture. */
gb_status frames_out_start(const frames_options *o, output_list *outputs, frames_out **made, gb_error *err);
/* Ends the thread within a tenth of a second, whatever the reader does. NULL is allowed. */
void frames_out_stop(frames_out *f);

#endif
