/* A WebSocket of a page and its desk: messages are put together from their fragments, answers are sent as they become
 * ready, and the connection is closed with a reason. All of it runs in the server's thread, and none of it blocks. */
#ifndef GANBEND_STUDIO_TAB_H
#define GANBEND_STUDIO_TAB_H

#include <stddef.h>

#include "desk.h"

struct lws;

typedef struct tab tab;

typedef struct tab_list {
    tab *first;
    size_t count;
} tab_list;

/* A tab for an open WebSocket. Where there is no desk for it, it closes with the reason. NULL when memory is out. */
tab *tab_open(tab_list *list, shop *s, struct lws *wsi);
void tab_close(tab_list *list, tab *t);
/* What libwebsockets' callback is to return: 0, or -1 to close. */
int tab_receive(tab *t, const char *bytes, size_t size);
int tab_send(tab *t);
bool tab_is_closed(const tab *t);       /* the page has been told; its own close frame needs no answer */
/* Closes its desk and tells the page that the studio ends. */
void tab_dismiss(tab *t);

/* Asks for tab_send() for every tab whose desk is ready. */
void tabs_wake(tab_list *list);
tab *tab_next(tab *t);
void tab_hand(tab *t, const char *address, double value);

#endif
