/* The pipe for frames, whose reader may be slow or gone: a write does not wait for it longer than it is told. POSIX in
 * frame_pipe_posix.c; Windows, which has no named pipes in folders, in frame_pipe_windows.c. */
#ifndef GANBEND_STUDIO_FRAME_PIPE_H
#define GANBEND_STUDIO_FRAME_PIPE_H

#include <stddef.h>

#include <ganbend.h>

enum { FRAME_PIPE_STDOUT = 1 };         /* the descriptor of standard output */

/* Fails unless `to` is a named pipe, or "-" and standard output is a pipe. */
gb_status frame_pipe_check(const char *to, gb_error *err);
/* Opens a named pipe; -1 if nobody has opened it for reading yet. */
int frame_pipe_open(const char *to);
/* Writes some of the bytes within `ms` milliseconds. Returns how many, possibly 0; -1 if the reader is gone. */
long frame_pipe_write(int pipe, const void *bytes, size_t size, int ms);
/* Closes it, if it is not standard output. */
void frame_pipe_close(int pipe);

#endif
