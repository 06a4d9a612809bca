/* OSC: numbers for the page's controls, from other programs and devices, one UDP packet each or bundled. */
#ifndef GANBEND_STUDIO_OSC_H
#define GANBEND_STUDIO_OSC_H

#include <stdbool.h>

/* False where this ganbend was built without liblo. */
bool osc_is_here(void);
/* Reads what waits at the socket. "/ganbend/bend/2/angle 30" is handed on as "bend/2/angle" and 30; what is no such
 * message is passed over. */
void osc_receive(int fd, void (*control)(void *arg, const char *address, double value), void *arg);

#endif
