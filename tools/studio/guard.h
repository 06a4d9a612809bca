/* Which requests the studio accepts, as pure functions of their headers. A page of another site can make a browser send
 * requests to the studio. Three things reveal it: the Host, if the site made a name of its own resolve to this machine; the
 * Origin that the browser adds; and the missing token. The token also keeps out other users of this machine, whose programs
 * can send any Host and Origin. */
#ifndef GANBEND_STUDIO_GUARD_H
#define GANBEND_STUDIO_GUARD_H

#include <stdbool.h>

enum { GUARD_TOKEN = 33 };          /* 128 bits in hexadecimal and a zero byte */

typedef struct guard {
    bool listens;                   /* on a network: any address may be the Host */
    bool encrypted;                 /* by TLS: the page's address begins with https:// */
    const char *machine;            /* this machine's host name, or NULL */
    const char *name;               /* another name of it in the network, or NULL */
    char token[GUARD_TOKEN];        /* that every request needs, in the address or in the cookie */
    char cookie[32];                /* name of the cookie with the token; it contains the port, as browsers share cookies between ports */
} guard;

/* Header values of one request, NULL if missing. */
typedef struct guard_request {
    const char *host, *origin, *cookies;
    const char *token;              /* from the address: ?token=… */
    bool upgrade;                   /* to a WebSocket */
} guard_request;

/* NULL if the request is accepted, else the reason. */
const char *guard_refuses(const guard *g, const guard_request *r);

#endif
