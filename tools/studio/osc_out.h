/* OSC to another program or device: what the pages change, in UDP packets, so that controllers can follow. */
#ifndef GANBEND_STUDIO_OSC_OUT_H
#define GANBEND_STUDIO_OSC_OUT_H

#include <stdbool.h>

#include <ganbend.h>

typedef struct osc_out {
    bool open;
    int fd;
    char to[80];                /* "192.168.1.7, port 9001" */
} osc_out;

/* `address` is numeric or a name, which is looked up once. */
gb_status osc_out_open(osc_out *o, const char *address, int port, gb_error *err);
void osc_out_close(osc_out *o);
/* Sends /ganbend/ADDRESS with the value, and /ganbend/share/ADDRESS with the position in its range. Does nothing if it is not
 * open, and loses the message rather than wait. Any thread may call it. */
void osc_send(const osc_out *o, const char *address, double value, double share);

#endif
