/* Ctrl-C and its kin (SIGINT, SIGTERM, SIGHUP) as something to read in place of a sudden end. The second one ends the
 * program as ever. One at a time in a process. */
#ifndef GANBEND_STUDIO_SIGNALS_H
#define GANBEND_STUDIO_SIGNALS_H

#include <ganbend.h>

/* *readable becomes readable with the first signal; the caller's to close. */
gb_status signals_begin(int *readable, gb_error *err);
/* The signals end the program again. */
void signals_end(void);

#endif
