/* A progress line on the terminal for tasks that take longer than a second; nothing if stderr is not a terminal. */
#ifndef GANBEND_TOOLS_PROGRESS_H
#define GANBEND_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct progress {
    const char *doing;              /* "rendering" */
    size_t done, total;             /* items */
    double start, last;
    bool terminal, shown;
} progress;

/* Writes the line that is shown at `now`: "rendering 3 of 8, 30 %, 1.2/s, 5 s left". */
enum { PROGRESS_ROOM = 160 };
void progress_line(const progress *p, double now, double share, char text[PROGRESS_ROOM]);

progress progress_start(const char *doing, size_t total);
/* A progress callback for the library: `arg` is a progress, `share` the share of the current item that is done. */
void progress_share(void *arg, double share);
/* The same for functions that end early if the callback returns false: always true. */
bool progress_go_on(void *arg, double share);
void progress_next(progress *p);    /* the current item is done */
void progress_end(progress *p);     /* erases the line */

#endif
