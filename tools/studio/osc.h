/* OSC: values for the page's controls from other programs and devices, in UDP packets. */
#ifndef GANBEND_STUDIO_OSC_H
#define GANBEND_STUDIO_OSC_H

#include <stdbool.h>

enum { OSC_PACKETS = 64 };

/* False if this ganbend was built without liblo. */
bool osc_is_here(void);
/* Reads what has come to the socket, but not more packets than OSC_PACKETS: the server serves its other sockets before it reads
 * on. For "/ganbend/bend/2/angle 30" it calls control(arg, "bend/2/angle", 30). Other messages are
 * ignored. */
void osc_receive(int fd, void (*control)(void *arg, const char *address, double value), void *arg);

#endif
