/* One WebSocket. Pages send text messages of up to MESSAGE_BYTES bytes in any number of fragments. The buffer grows with the
 * bytes that have arrived, and a large one is freed after its message. A message is passed to libwebsockets only after the
 * system has taken the one before it: of a slow page, one message is buffered here, and its client replaces unsent frames. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#include "watcher.h"

_Static_assert((int)OUTGOING_PRE >= (int)LWS_PRE, "libwebsockets needs more headroom before a message");
_Static_assert((int)CLOSE_REASON <= 123, "a close reason has at most 123 bytes");

enum { BUFFER_KEPT = 64 << 10, CLOSE_WITHIN = 2 };

struct connection {
    connection *next;
    struct lws *wsi;
    client *client;                 /* NULL once it has been closed, or if this is an output window */
    watcher *watcher;               /* NULL for pages */
    char *message;              /* what has arrived of the next one */
    size_t size, capacity;
    bool binary;
    int code;                   /* not 0: the connection is to be closed with this code */
    bool closed;                /* the close frame has been sent */
    char reason[CLOSE_REASON];
};

/* Cuts a long reason between characters. */
static void close_with(connection *c, int code, const char *reason) {
    size_t length = strlen(reason);
    if (c->code) return;
    if (length >= sizeof c->reason) {
        length = sizeof c->reason - 1;
        while (length && ((unsigned char)reason[length] & 0xc0) == 0x80) length--;
    }
    c->code = code;
    memcpy(c->reason, reason, length);
    c->reason[length] = '\0';
    lws_callback_on_writable(c->wsi);
}

static connection *add_connection(connection_list *list, struct lws *wsi) {
    connection *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->wsi = wsi;
    c->next = list->first;
    list->first = c;
    lws_callback_on_writable(wsi);
    return c;
}

connection *connection_open(connection_list *list, shared *s, struct lws *wsi) {
    connection *c = add_connection(list, wsi);
    if (c) c->code = client_open(s, &c->client, c->reason);
    return c;
}

connection *connection_open_output(connection_list *list, shared *s, struct lws *wsi, const char *project) {
    connection *c = add_connection(list, wsi);
    if (!c) return NULL;
    c->watcher = watcher_open(s, project);
    if (!c->watcher) close_with(c, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
    return c;
}

static void close_client(connection *c) {
    client_close(c->client);
    c->client = NULL;
}

void connection_close(connection_list *list, connection *c) {
    connection **at = &list->first;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    close_client(c);
    watcher_close(c->watcher);
    free(c->message);
    free(c);
}

void connection_dismiss(connection *c) {
    close_client(c);
    close_with(c, LWS_CLOSE_STATUS_GOINGAWAY, "the studio was shut down");
}

/* Closing a socket that has unread data resets the connection, and the page would not get the reason. So the close frame
 * is sent here, data that still arrives is read and dropped, and the connection ends when the page closes it or after
 * CLOSE_WITHIN seconds. */
static int send_close(connection *c) {
    unsigned char bytes[OUTGOING_PRE + 4 + CLOSE_REASON], *frame = bytes + OUTGOING_PRE;
    size_t length = strlen(c->reason);
    if (c->closed) return 0;
    c->closed = true;
    frame[0] = 0x88;                        /* a close frame (RFC 6455, 5.2): its length, the code, the reason */
    frame[1] = (unsigned char)(2 + length);
    frame[2] = (unsigned char)(c->code >> 8);
    frame[3] = (unsigned char)c->code;
    memcpy(frame + 4, c->reason, length);
    if (lws_write(c->wsi, frame, 4 + length, LWS_WRITE_HTTP) < 0) return -1;     /* the bytes as they are */
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_WITHIN);
    return 0;
}

/* Makes room for `more` bytes and a terminating zero. */
static bool grow(connection *c, size_t more) {
    size_t capacity = c->capacity ? c->capacity : 4096;
    char *grown;
    while (capacity < c->size + more + 1) capacity *= 2;
    if (capacity == c->capacity) return true;
    grown = realloc(c->message, capacity);
    if (!grown) return false;
    c->message = grown;
    c->capacity = capacity;
    return true;
}

static void forget_message(connection *c) {
    c->size = 0;
    if (c->capacity <= BUFFER_KEPT) return;
    free(c->message);
    c->message = NULL;
    c->capacity = 0;
}

int connection_receive(connection *c, const char *bytes, size_t size) {
    if (c->code) return 0;
    if (lws_is_first_fragment(c->wsi)) {
        c->size = 0;
        c->binary = lws_frame_is_binary(c->wsi);
    }
    if (size > MESSAGE_BYTES - c->size || lws_remaining_packet_payload(c->wsi) > MESSAGE_BYTES - c->size - size) {
        close_with(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message larger than 8 MiB");
        return 0;
    }
    if (!grow(c, size)) {
        close_with(c, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
        return 0;
    }
    if (size) memcpy(c->message + c->size, bytes, size);
    c->size += size;
    c->message[c->size] = '\0';
    if (!lws_is_final_fragment(c->wsi)) return 0;
    c->code = c->watcher ? watcher_receive(c->watcher, c->binary, c->message, c->size, c->reason)
                         : client_receive(c->client, c->binary, c->message, c->size, c->reason);
    forget_message(c);
    if (c->code || c->watcher) lws_callback_on_writable(c->wsi);        /* a window that has shown a picture takes the next */
    return 0;
}

int connection_send(connection *c) {
    outgoing p = {0};
    int written;
    if (c->code) return send_close(c);
    if (c->client && (c->code = client_failed(c->client, c->reason))) return send_close(c);
    if (c->watcher ? !watcher_next(c->watcher, &p) : !client_next(c->client, &p)) return 0;
    written = lws_write(c->wsi, p.bytes, p.size, p.binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
    free_outgoing(&p);
    if (written < 0) return -1;
    lws_callback_on_writable(c->wsi);
    return 0;
}

bool connection_is_closed(const connection *c) {
    return c->closed;
}

void connections_wake(connection_list *list) {
    for (connection *c = list->first; c; c = c->next)
        if (c->watcher || (c->client && client_is_ready(c->client))) lws_callback_on_writable(c->wsi);
}

connection *connection_next(connection *c) {
    return c->next;
}

void connection_control(connection *c, const char *address, double value) {
    if (c->client) client_control(c->client, address, value);
}
