/* One tab of a browser: a session on the shared models, a worker thread that renders and answers, and bounded queues
 * between it and the connection. The server's thread calls these functions unless noted otherwise. None of them blocks:
 * everything that takes time happens in the client's own threads. If it has no threads (client_list.one_thread), the caller
 * lends its thread by client_step(), and client_open() and client_close() take their time.
 *
 * These functions and shared.wake() are all that carries messages: connection.c puts them on WebSockets, and tools/web/web.c
 * on the messages of a web worker. */
#ifndef GANBEND_STUDIO_CLIENT_H
#define GANBEND_STUDIO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

#include "messages.h"
#include "outgoing.h"
#include "shared.h"

typedef struct client client;

/* Returns 0, or a WebSocket close code and the reason. The worker opens the session; if that fails, client_failed() tells.
 * `s` must last until clients_wait_for_closing() has returned after client_close(). */
int client_open(shared *s, client **c, char reason[CLOSE_REASON]);
/* Cancels the running work and hands the client over to its worker, which writes the last document that the page asked to
 * keep and frees everything. `c` must not be used afterwards. */
void client_close(client *c);

/* One whole message from the page. Returns 0, or a WebSocket close code and the reason. A long message is read by another
 * thread; if it is refused, client_failed() tells. */
int client_receive(client *c, bool binary, const char *bytes, size_t size, char reason[CLOSE_REASON]);
/* The next message to send, which the caller owns; false if there is none. */
bool client_next(client *c, outgoing *next);
/* A WebSocket close code and its reason if the connection has to be closed, else 0. */
int client_failed(client *c, char reason[CLOSE_REASON]);
/* Whether, since the last call, a message became ready to send or the client failed. shared.wake() is called whenever
 * this becomes true. */
bool client_is_ready(client *c);
/* Works on the next request and on what runs in the background; false if there was no request. Only for clients without
 * threads. What becomes ready meanwhile, such as a preview, may be sent from within shared.wake(). */
bool client_step(client *c);
/* A value from OSC. Any thread may call this. */
void client_control(client *c, const char *address, double value);

#endif
