/* Responses to HTTP requests: a file of the page or a line of text, with the headers that protect both from misuse. */
#ifndef GANBEND_STUDIO_HTTP_H
#define GANBEND_STUDIO_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "client.h"

typedef struct http_request {
    const char *path;           /* of GET or HEAD, decoded, without ?…; NULL for other methods */
    bool head;                  /* HEAD */
    const char *known;          /* If-None-Match, or NULL */
    const char *refused;        /* why the request is refused, or NULL */
    bool crowded;               /* too many connections */
    const char *cookie;         /* to set with a file: "name=value", or NULL; then the address has the token, and the response
                                   is not stored */
    bool encrypted;             /* the cookie is for TLS only */
} http_request;

/* Makes the whole response; free_outgoing() frees it. *last: the connection ends after it. False if out of memory. */
bool http_response(const http_request *r, outgoing *p, bool *last);

#endif
