/* Sockets bound to an address of this machine: one accepts browsers, the other receives OSC. */
#ifndef GANBEND_STUDIO_SOCKETS_H
#define GANBEND_STUDIO_SOCKETS_H

#include <ganbend.h>

enum { SOCKET_ADDRESS_ROOM = 64 };

typedef struct bound_socket {
    int fd;                             /* non-blocking, close-on-exec; the caller closes it */
    int port;                           /* the actual one if 0 was requested */
    char address[SOCKET_ADDRESS_ROOM];       /* numeric: "127.0.0.1", "::" */
    bool any;                           /* listens on every address of this machine */
    bool loopback;                      /* reachable from this machine only */
} bound_socket;

typedef enum socket_kind { SOCKET_LISTENS, SOCKET_DATAGRAMS } socket_kind;

/* `by` is the option for error messages: "--port". */
gb_status bind_socket(socket_kind kind, const char *address, int port, const char *by, bound_socket *s,
                      gb_error *err);
/* The next connection, non-blocking and close-on-exec; negative if none is waiting. */
int accept_connection(int fd);

#endif
