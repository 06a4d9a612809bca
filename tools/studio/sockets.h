/* Sockets bound to an address of this machine: the one that accepts browsers, the one that OSC comes in by. */
#ifndef GANBEND_STUDIO_SOCKETS_H
#define GANBEND_STUDIO_SOCKETS_H

#include <ganbend.h>

enum { SOCKET_ADDRESS = 64 };

typedef struct bound_socket {
    int fd;                             /* non-blocking, closed in programs that are started; the caller's to close */
    int port;                           /* the one chosen where 0 was asked for */
    char address[SOCKET_ADDRESS];       /* numeric: "127.0.0.1", "::" */
    bool any;                           /* every address of this machine */
} bound_socket;

typedef enum socket_kind { SOCKET_LISTENS, SOCKET_DATAGRAMS } socket_kind;

/* `by` is what the port was given by, as messages name it: "--port". */
gb_status bind_socket(socket_kind kind, const char *address, int port, const char *by, bound_socket *s,
                      gb_error *err);
/* The next connection, ready as above; negative where none waits. */
int accept_connection(int fd);

#endif
