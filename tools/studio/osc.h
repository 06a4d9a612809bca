/* OSC: values for the page's controls from other programs and devices, in UDP packets. */
#ifndef GANBEND_STUDIO_OSC_H
#define GANBEND_STUDIO_OSC_H

#include <stdbool.h>

/* False if this ganbend was built without liblo. */
bool osc_is_here(void);
/* Reads packets from the socket. For "/ganbend/bend/2/angle 30" it calls control(arg, "bend/2/angle", 30). Other messages are
 * ignored. */
void osc_receive(int fd, void (*control)(void *arg, const char *address, double value), void *arg);

#endif
