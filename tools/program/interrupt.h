/* Work that ends in good order when the user interrupts it (SIGINT, SIGTERM, SIGHUP): for commands that keep what they have
 * done. A second signal ends the program at once. */
#ifndef GANBEND_TOOLS_INTERRUPT_H
#define GANBEND_TOOLS_INTERRUPT_H

#include <stdbool.h>

/* From now on, signals are only noted. */
void note_interrupts(void);
/* Whether one has come. */
bool was_interrupted(void);

#endif
