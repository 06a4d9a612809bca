/* An output window: it follows one tab and gets the tab's newest picture as soon as it has shown the one before. The server's
 * thread calls these functions; none of them blocks. */
#ifndef GANBEND_STUDIO_WATCHER_H
#define GANBEND_STUDIO_WATCHER_H

#include "messages.h"
#include "outgoing.h"
#include "shared.h"

typedef struct watcher watcher;

/* `project` is that of the tab to follow, or "" for the one whose picture is newest. NULL if out of memory. */
watcher *watcher_open(shared *s, const char *project);
void watcher_close(watcher *w);

/* One whole message from the window: that it has shown a picture. Returns 0, or a WebSocket close code and the reason. */
int watcher_receive(watcher *w, bool binary, const char *bytes, size_t size, char reason[CLOSE_REASON]);
/* The next message to send, which the caller owns; false if there is none. */
bool watcher_next(watcher *w, outgoing *next);

#endif
