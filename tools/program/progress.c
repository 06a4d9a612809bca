/* The progress line: it appears after a second, is updated at most ten times a second, and is erased at the end. The rate is
 * the average since the start, from which the remaining time follows. */
#include "progress.h"

#include <stdio.h>

#include "host.h"
#include "report.h"

static const double first_delay = 1.0, update_interval = 0.1;       /* in seconds */

progress progress_start(const char *doing, size_t total) {
    double now = host_seconds();
    return (progress){doing, 0, total, now, now, host_stderr_is_terminal(), false};
}

/* "45 s", "3 min 20 s", "2 h 05 min" */
static void duration(double seconds, char text[32]) {
    long s = seconds < 1e8 ? (long)(seconds + 0.5) : 100000000;
    if (s < 60) snprintf(text, 32, "%ld s", s);
    else if (s < 3600) snprintf(text, 32, "%ld min %02ld s", s / 60, s % 60);
    else snprintf(text, 32, "%ld h %02ld min", s / 3600, s / 60 % 60);
}

void progress_line(const progress *p, double now, double share, char text[PROGRESS_ROOM]) {
    double items = (double)p->done + share, all = p->total ? items / (double)p->total : share, seconds = now - p->start;
    char left[32] = "";
    int used;
    if (p->total > 1) used = snprintf(text, PROGRESS_ROOM, "%s %zu of %zu, %.0f %%", p->doing, p->done + 1, p->total, 100 * all);
    else used = snprintf(text, PROGRESS_ROOM, "%s, %.0f %%", p->doing, 100 * all);
    if (!(all > 0) || !(seconds > 0)) return;
    duration(seconds * (1 - all) / all, left);
    if (p->total > 1) used += snprintf(text + used, PROGRESS_ROOM - (size_t)used, ", %.3g/s", items / seconds);
    snprintf(text + used, PROGRESS_ROOM - (size_t)used, ", %s left", left);
}

void progress_share(void *arg, double share) {
    progress *p = arg;
    char text[PROGRESS_ROOM];
    double now;
    if (!p->terminal) return;
    now = host_seconds();
    if (now - p->start < first_delay || now - p->last < update_interval) return;
    p->last = now;
    p->shown = true;
    progress_line(p, now, share, text);
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
}

bool progress_go_on(void *arg, double share) {
    progress_share(arg, share);
    return true;
}

void progress_next(progress *p) {
    p->done++;
    if (p->done < p->total) progress_share(p, 0);
}

void progress_end(progress *p) {
    double seconds = host_seconds() - p->start;
    if (p->shown) fprintf(stderr, "\r\033[K");
    p->shown = false;
    if (p->total > 1 && p->done == p->total && seconds > 0)
        report_more("%s %zu took %.2f s, %.3g/s", p->doing, p->total, seconds, (double)p->total / seconds);
    else report_more("%s took %.2f s", p->doing, seconds);
}
