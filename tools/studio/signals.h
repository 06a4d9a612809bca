/* Makes SIGINT, SIGTERM and SIGHUP readable as a file descriptor. A second signal ends the program as usual. Can be used
 * once at a time in a process. */
#ifndef GANBEND_STUDIO_SIGNALS_H
#define GANBEND_STUDIO_SIGNALS_H

#include <ganbend.h>

/* *readable becomes readable with the first signal. The caller closes it. */
gb_status signals_begin(int *readable, gb_error *err);
/* Restores the default: the signals end the program. */
void signals_end(void);

#endif
