/* Who may talk to the studio, as pure functions of what a request says. A page of another site can make a browser send
 * requests here; three things give it away: the Host it knows us by (a name of its own that it made resolve to us), the
 * Origin the browser adds, and, where the studio listens to a network, the token that it does not know. */
#ifndef GANBEND_STUDIO_GUARD_H
#define GANBEND_STUDIO_GUARD_H

#include <stdbool.h>

enum { GUARD_TOKEN = 33 };          /* 128 bits in hexadecimal, and a zero */

typedef struct guard {
    bool listens;                   /* to a network: any address may be its Host, and a token is needed */
    const char *machine;            /* this machine's host name; may be NULL */
    char token[GUARD_TOKEN];        /* "" where none is needed */
    char cookie[32];                /* name of the cookie that keeps it; one for each port, as browsers share them */
} guard;

/* Header values of one request; NULL for what it lacks. */
typedef struct guard_request {
    const char *host, *origin, *cookies;
    const char *token;              /* of the address: ?token=… */
    bool upgrade;                   /* to a WebSocket */
} guard_request;

/* NULL where the request is welcome, else the reason in words. */
const char *guard_refuses(const guard *g, const guard_request *r);

#endif
