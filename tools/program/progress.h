/* One line of progress on a terminal, for whatever takes longer than a second; nothing where stderr is piped. */
#ifndef GANBEND_TOOLS_PROGRESS_H
#define GANBEND_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct progress {
    const char *doing;              /* "rendering" */
    size_t done, total;             /* items, of which the current one is at `share` */
    double start, last;
    bool terminal, shown;
} progress;

progress progress_start(const char *doing, size_t total);
/* Callback of the library: `arg` is a progress, `share` that of the current item. */
void progress_share(void *arg, double share);
void progress_next(progress *p);    /* one more item is done */
void progress_end(progress *p);     /* takes the line off again */

#endif
