/* What an HTTP request is answered with: a file of the page, a line of text, and the headers that keep both from being
 * misused. */
#ifndef GANBEND_STUDIO_PAGES_H
#define GANBEND_STUDIO_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "desk.h"

typedef struct page_request {
    const char *path;           /* of GET or HEAD, decoded, without ?…; NULL: another method */
    bool head;                  /* HEAD */
    const char *known;          /* If-None-Match, or NULL */
    const char *refused;        /* why it is not welcome, or NULL */
    bool crowded;               /* more connections than are served */
    const char *cookie;         /* to be set with a file: "name=value", or NULL */
} page_request;

/* The whole response, with DESK_PRE bytes of room before it; free_parcel(). False when memory is out. *last: the
 * connection ends with it. */
bool page_response(const page_request *r, parcel *p, bool *last);

#endif
