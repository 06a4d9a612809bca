/* A WebSocket of a page and its client, or of an output window: messages are put together from their fragments, answers are sent as they become
 * ready, and the connection is closed with a reason. All of it runs in the server's thread, and none of it blocks. */
#ifndef GANBEND_STUDIO_CONNECTION_H
#define GANBEND_STUDIO_CONNECTION_H

#include <stddef.h>

#include "client.h"

struct lws;

typedef struct connection connection;

typedef struct connection_list {
    connection *first;
} connection_list;

/* A connection for a WebSocket that was just opened. If no client can be made, it closes with the reason. Returns NULL if
 * out of memory. */
connection *connection_open(connection_list *list, shared *s, struct lws *wsi);
/* The same for an output window that follows the tab with this project; see watcher.h. */
connection *connection_open_output(connection_list *list, shared *s, struct lws *wsi, const char *project);
void connection_close(connection_list *list, connection *c);
/* These return what libwebsockets' callback has to return: 0, or -1 to close. */
int connection_receive(connection *c, const char *bytes, size_t size);
int connection_send(connection *c);
bool connection_is_closed(const connection *c);       /* a close frame was sent; the page's own needs no answer */
/* Closes the client and tells the page that the studio is shutting down. */
void connection_dismiss(connection *c);

/* Requests connection_send() for every output window, and for every page whose client is ready. */
void connections_wake(connection_list *list);
connection *connection_next(connection *c);
void connection_control(connection *c, const char *address, double value);

#endif
