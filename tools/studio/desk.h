/* One tab: its session on the shared models, a worker thread that renders and answers, and a queue of what is to be
 * sent. The server's thread calls everything here but where it says otherwise. */
#ifndef GANBEND_STUDIO_DESK_H
#define GANBEND_STUDIO_DESK_H

#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

#include "shop.h"

typedef struct desk desk;

enum {
    DESK_PRE = 32,                  /* bytes of room that libwebsockets needs before a message */
    DESK_REASON = 120,              /* room for why a connection is closed; 123 bytes go over the wire */
    DESK_INFLIGHT = 2,              /* frames that are sent before the first of them is shown */
    DESK_MESSAGE = 8 << 20          /* bytes of the longest message taken from a page */
};

/* A whole message for the page. DESK_PRE bytes before `bytes` may be written. */
typedef struct parcel {
    unsigned char *bytes;
    size_t size;
    bool binary;
} parcel;

void free_parcel(parcel *p);

/* wake(arg) may come from any thread, also before desk_new() returns: there is something to send. None comes after
 * desk_free() has returned. */
gb_status desk_new(shop *s, void (*wake)(void *arg), void *arg, desk **d, gb_error *err);
/* Cancels what runs, waits for the worker, frees everything. */
void desk_free(desk *d);
/* One whole message of the page; 0 = fine, else the WebSocket close code, with the reason. */
int desk_receive(desk *d, bool binary, const char *bytes, size_t size, char reason[DESK_REASON]);
/* The next message to send, the caller's from here on; false where there is none. */
bool desk_next(desk *d, parcel *p);
/* From OSC; any thread. */
void desk_hand(desk *d, const char *address, double value);

#endif
