/* What an HTTP request is answered with: a file of the page, a line of text, and the headers that keep both from being
 * misused. */
#ifndef GANBEND_STUDIO_HTTP_H
#define GANBEND_STUDIO_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "client.h"

typedef struct http_request {
    const char *path;           /* of GET or HEAD, decoded, without ?…; NULL: another method */
    bool head;                  /* HEAD */
    const char *known;          /* If-None-Match, or NULL */
    const char *refused;        /* why it is not welcome, or NULL */
    bool crowded;               /* more connections than are served */
    const char *cookie;         /* to be set with a file: "name=value", or NULL */
} http_request;

/* The whole response, with OUTGOING_PRE bytes of room before it; free_outgoing(). False when memory is out. *last: the
 * connection ends with it. */
bool http_response(const http_request *r, outgoing *p, bool *last);

#endif
