/* One tab: its session on the shared models, a worker thread that renders and answers, and a queue of messages to send.
 * The server's thread calls these functions unless noted otherwise. None of them blocks: everything that takes time
 * happens in the worker. */
#ifndef GANBEND_STUDIO_CLIENT_H
#define GANBEND_STUDIO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

#include "shared.h"

typedef struct client client;

enum {
    OUTGOING_PRE = 32,                  /* bytes of room that libwebsockets needs before a message */
    CLOSE_REASON = 120,              /* room for why a connection is closed; 123 bytes go over the wire */
    FRAMES_IN_FLIGHT = 2,              /* frames that are sent before the first of them is shown */
    MESSAGE_BYTES = 8 << 20          /* bytes of the longest message taken from a page */
};

/* A whole message for the page. OUTGOING_PRE bytes before `bytes` may be written. */
typedef struct outgoing {
    unsigned char *bytes;
    size_t size;
    bool binary;
} outgoing;

void free_outgoing(outgoing *p);

/* Returns 0, or a WebSocket close code and the reason. The worker opens the session; if that fails, client_failed() says
 * so. */
int client_open(shared *s, client **d, char reason[CLOSE_REASON]);
/* Cancels the running work and hands the client over to its worker, which writes the last state that the page wanted kept
 * and frees everything. `d` must not be used afterwards. clients_wait_for_closing() waits for such workers. */
void client_close(client *d);
/* One whole message of the page. Returns 0, or a WebSocket close code and the reason. */
int client_receive(client *d, bool binary, const char *bytes, size_t size, char reason[CLOSE_REASON]);
/* Whether something happened since the last call: a message is ready to be sent, or the client failed. The shared's wake()
 * is called whenever this becomes true. */
bool client_is_ready(client *d);
/* The next message to send, which the caller owns; false if there is none. */
bool client_next(client *d, outgoing *p);
/* A WebSocket close code and its reason if the connection has to be closed, else 0. */
int client_failed(client *d, char reason[CLOSE_REASON]);
/* A value from OSC. Any thread may call this. */
void client_control(client *d, const char *address, double value);

#endif
