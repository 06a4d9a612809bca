/* One tab: its session on the shared models, a worker thread that renders and answers, and a queue of messages to send.
 * The server's thread calls these functions unless noted otherwise. None of them blocks: everything that takes time
 * happens in the worker. */
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

/* Returns 0, or a WebSocket close code and the reason. The worker opens the session; if that fails, desk_failed() says
 * so. */
int desk_open(shop *s, desk **d, char reason[DESK_REASON]);
/* Cancels the running work and hands the desk over to its worker, which writes the last state that the page wanted kept
 * and frees everything. `d` must not be used afterwards. wait_for_closing() waits for such workers. */
void desk_close(desk *d);
/* One whole message of the page. Returns 0, or a WebSocket close code and the reason. */
int desk_receive(desk *d, bool binary, const char *bytes, size_t size, char reason[DESK_REASON]);
/* Whether something happened since the last call: a message is ready to be sent, or the desk failed. The shop's wake()
 * is called whenever this becomes true. */
bool desk_is_ready(desk *d);
/* The next message to send, which the caller owns; false if there is none. */
bool desk_next(desk *d, parcel *p);
/* A WebSocket close code and its reason if the connection has to be closed, else 0. */
int desk_failed(desk *d, char reason[DESK_REASON]);
/* A value from OSC. Any thread may call this. */
void desk_hand(desk *d, const char *address, double value);

#endif
