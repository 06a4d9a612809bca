/* Work that ends in good order when the user interrupts it (SIGINT, SIGTERM, SIGHUP): for commands that keep what they have
 * done. A second signal ends the program at once. */
#ifndef GANBEND_TOOLS_INTERRUPT_H
#define GANBEND_TOOLS_INTERRUPT_H

#include <stdbool.h>

/* From now on, signals are only noted. */
void note_interrupts(void);
/* Whether one has come. */
bool was_interrupted(void);

/* Waits for the byte that a signal handler writes to a pipe. Returns 1, 0 at the end of the pipe, or -1 if reading fails again
 * and again. */
int read_signal(int from, unsigned char *which);

#endif
