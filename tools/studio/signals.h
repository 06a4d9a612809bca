/* What SIGINT, SIGTERM and SIGHUP do while the studio runs; on Windows Ctrl-C and the end of the console. A second signal ends the
 * program as usual. Can be used once at a time in a process. */
#ifndef GANBEND_STUDIO_SIGNALS_H
#define GANBEND_STUDIO_SIGNALS_H

#include <ganbend.h>

/* The first signal calls `stop`, in a thread of its own. */
gb_status signals_begin(void (*stop)(void *arg), void *arg, gb_error *err);
/* After signals_begin(): the signals end the program again, and `stop` is not called any more. */
void signals_end(void);

#endif
