/* The progress line: it appears after a second, is updated at most ten times a second, and is erased at the end. */
#include "progress.h"

#include <stdio.h>

#include "host.h"

static const double first_delay = 1.0, update_interval = 0.1;       /* in seconds */

progress progress_start(const char *doing, size_t total) {
    double now = host_seconds();
    return (progress){doing, 0, total, now, now, host_stderr_is_terminal(), false};
}

void progress_share(void *arg, double share) {
    progress *p = arg;
    double now;
    if (!p->terminal) return;
    now = host_seconds();
    if (now - p->start < first_delay || now - p->last < update_interval) return;
    p->last = now;
    p->shown = true;
    share = p->total ? ((double)p->done + share) / (double)p->total : share;
    if (p->total > 1)
        fprintf(stderr, "\r%s %zu of %zu, %.0f %%\033[K", p->doing, p->done + 1, p->total, 100 * share);
    else
        fprintf(stderr, "\r%s, %.0f %%\033[K", p->doing, 100 * share);
    fflush(stderr);
}

void progress_next(progress *p) {
    p->done++;
    if (p->done < p->total) progress_share(p, 0);
}

void progress_end(progress *p) {
    if (p->shown) fprintf(stderr, "\r\033[K");
    p->shown = false;
}
