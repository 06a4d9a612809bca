/* One WebSocket. Pages send text up to DESK_MESSAGE bytes, in any number of pieces; its buffer grows with what really
 * came, and what a long message left is given back. A message is handed to libwebsockets only when the one before it
 * has gone to the system: a slow page holds one message here, and its desk replaces frames that were not sent yet. */
#include "tab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

_Static_assert((int)DESK_PRE >= (int)LWS_PRE, "libwebsockets needs more room before a message");
_Static_assert((int)DESK_REASON <= 123, "a close reason has 123 bytes at most");

enum { BUFFER_KEPT = 64 << 10, CLOSE_WITHIN = 2 };

struct tab {
    tab *next;
    struct lws *wsi;
    desk *desk;                 /* NULL where it is to be closed */
    char *message;              /* what has come of the next one */
    size_t size, room;
    bool binary;
    int code;                   /* not 0: to be closed with it */
    bool closed;                /* the close frame has been sent */
    char reason[DESK_REASON];
};

/* The reason is cut between characters where it is too long. */
static void close_with(tab *t, int code, const char *reason) {
    size_t length = strlen(reason);
    if (t->code) return;
    if (length >= sizeof t->reason) {
        length = sizeof t->reason - 1;
        while (length && ((unsigned char)reason[length] & 0xc0) == 0x80) length--;
    }
    t->code = code;
    memcpy(t->reason, reason, length);
    t->reason[length] = '\0';
    lws_callback_on_writable(t->wsi);
}

tab *tab_open(tab_list *list, shop *s, struct lws *wsi) {
    tab *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->wsi = wsi;
    t->code = desk_open(s, &t->desk, t->reason);
    t->next = list->first;
    list->first = t;
    list->count++;
    lws_callback_on_writable(wsi);
    return t;
}

static void close_desk(tab *t) {
    desk_close(t->desk);
    t->desk = NULL;
}

void tab_close(tab_list *list, tab *t) {
    tab **at = &list->first;
    while (*at != t) at = &(*at)->next;
    *at = t->next;
    list->count--;
    close_desk(t);
    free(t->message);
    free(t);
}

void tab_dismiss(tab *t) {
    close_desk(t);
    close_with(t, LWS_CLOSE_STATUS_GOINGAWAY, "the studio was ended");
}

/* Closing a socket that has unread data resets the connection, and the page would not get the reason. So the close frame
 * is sent here, what still comes is read and dropped, and libwebsockets closes the connection when the page does, or
 * after CLOSE_WITHIN seconds. */
static int say_goodbye(tab *t) {
    unsigned char bytes[DESK_PRE + 4 + DESK_REASON], *frame = bytes + DESK_PRE;
    size_t length = strlen(t->reason);
    if (t->closed) return 0;
    t->closed = true;
    frame[0] = 0x88;                        /* a whole close frame (RFC 6455, 5.2): its length, the code, the reason */
    frame[1] = (unsigned char)(2 + length);
    frame[2] = (unsigned char)(t->code >> 8);
    frame[3] = (unsigned char)t->code;
    memcpy(frame + 4, t->reason, length);
    if (lws_write(t->wsi, frame, 4 + length, LWS_WRITE_HTTP) < 0) return -1;     /* bytes as they are */
    lws_set_timeout(t->wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_WITHIN);
    return 0;
}

/* Room for `more` bytes and a zero behind them. */
static bool grow(tab *t, size_t more) {
    size_t room = t->room ? t->room : 4096;
    char *grown;
    while (room < t->size + more + 1) room *= 2;
    if (room == t->room) return true;
    grown = realloc(t->message, room);
    if (!grown) return false;
    t->message = grown;
    t->room = room;
    return true;
}

static void forget_message(tab *t) {
    t->size = 0;
    if (t->room <= BUFFER_KEPT) return;
    free(t->message);
    t->message = NULL;
    t->room = 0;
}

int tab_receive(tab *t, const char *bytes, size_t size) {
    if (t->code) return 0;
    if (lws_is_first_fragment(t->wsi)) {
        t->size = 0;
        t->binary = lws_frame_is_binary(t->wsi);
    }
    if (size > DESK_MESSAGE - t->size || lws_remaining_packet_payload(t->wsi) > DESK_MESSAGE - t->size - size) {
        close_with(t, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "a message of more than 8 MiB");
        return 0;
    }
    if (!grow(t, size)) {
        close_with(t, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
        return 0;
    }
    if (size) memcpy(t->message + t->size, bytes, size);
    t->size += size;
    t->message[t->size] = '\0';
    if (!lws_is_final_fragment(t->wsi)) return 0;
    t->code = desk_receive(t->desk, t->binary, t->message, t->size, t->reason);
    forget_message(t);
    if (t->code) lws_callback_on_writable(t->wsi);
    return 0;
}

int tab_send(tab *t) {
    parcel p = {0};
    int written;
    if (t->code) return say_goodbye(t);
    if ((t->code = desk_failed(t->desk, t->reason))) return say_goodbye(t);
    if (!desk_next(t->desk, &p)) return 0;
    written = lws_write(t->wsi, p.bytes, p.size, p.binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
    free_parcel(&p);
    if (written < 0) return -1;
    lws_callback_on_writable(t->wsi);
    return 0;
}

bool tab_is_closed(const tab *t) {
    return t->closed;
}

void tabs_wake(tab_list *list) {
    for (tab *t = list->first; t; t = t->next)
        if (t->desk && desk_is_ready(t->desk)) lws_callback_on_writable(t->wsi);
}

tab *tab_next(tab *t) {
    return t->next;
}

void tab_hand(tab *t, const char *address, double value) {
    if (t->desk) desk_hand(t->desk, address, value);
}
