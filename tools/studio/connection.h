/* A WebSocket of a page and its client: messages are put together from their fragments, answers are sent as they become
 * ready, and the connection is closed with a reason. All of it runs in the server's thread, and none of it blocks. */
#ifndef GANBEND_STUDIO_CONNECTION_H
#define GANBEND_STUDIO_CONNECTION_H

#include <stddef.h>

#include "client.h"

struct lws;

typedef struct connection connection;

typedef struct connection_list {
    connection *first;
    size_t count;
} connection_list;

/* A connection for an open WebSocket. Where there is no client for it, it closes with the reason. NULL when memory is out. */
connection *connection_open(connection_list *list, shared *s, struct lws *wsi);
void connection_close(connection_list *list, connection *c);
/* What libwebsockets' callback is to return: 0, or -1 to close. */
int connection_receive(connection *c, const char *bytes, size_t size);
int connection_send(connection *c);
bool connection_is_closed(const connection *c);       /* the page has been told; its own close frame needs no answer */
/* Closes its client and tells the page that the studio ends. */
void connection_dismiss(connection *c);

/* Asks for connection_send() for every connection whose client is ready. */
void connections_wake(connection_list *list);
connection *connection_next(connection *c);
void connection_control(connection *c, const char *address, double value);

#endif
