/* Binding and accepting, with clear error messages. */
#define _POSIX_C_SOURCE 200809L
#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/program/arguments.h"
#include "tools/program/sockets.h"

enum { BACKLOG = 64 };

static gb_status not_bound(int reason, const char *address, int port, const char *by, gb_error *err) {
    switch (reason) {
    case EADDRINUSE:
        return state(err, GB_IO, "port %d is in use; choose another with %s", port, by);
    case EADDRNOTAVAIL:
        return state(err, GB_BAD_ARGUMENT, "%s is not an address of this machine; 0.0.0.0 listens on all of them", address);
    case EACCES:
        return state(err, GB_IO, "port %d needs more privileges; choose one above 1023 with %s", port, by);
    default:
        return state(err, GB_IO, "%s, port %d: %s", address, port, strerror(reason));
    }
}

static gb_status name_socket(bound_socket *s, gb_error *err) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    char port[8];
    if (getsockname(s->fd, (struct sockaddr *)&at, &size) != 0 ||
        getnameinfo((struct sockaddr *)&at, size, s->address, sizeof s->address, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
        sscanf(port, "%d", &s->port) != 1)
        return state(err, GB_IO, "cannot find out which port was chosen");
    s->any = !strcmp(s->address, "0.0.0.0") || !strcmp(s->address, "::");
    s->loopback = !strncmp(s->address, "127.", 4) || !strcmp(s->address, "::1");
    return GB_OK;
}

gb_status bind_socket(socket_kind kind, const char *address, int port, const char *by, bound_socket *s,
                      gb_error *err) {
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = AF_UNSPEC}, *found = NULL;
    char text[8];
    *s = (bound_socket){.fd = -1};
    int reason = sockets_begin(), unknown;
    if (reason) return not_bound(reason, address, port, by, err);
    hints.ai_socktype = kind == SOCKET_LISTENS ? SOCK_STREAM : SOCK_DGRAM;
    snprintf(text, sizeof text, "%d", port);
    unknown = getaddrinfo(address, text, &hints, &found);
    if (unknown == EAI_MEMORY) return state(err, GB_NO_MEMORY, "%s, port %d: out of memory", address, port);
#ifdef EAI_SYSTEM
    if (unknown == EAI_SYSTEM) return not_bound(socket_failure(), address, port, by, err);
#endif
    if (unknown)
        return state(err, GB_BAD_ARGUMENT, "'%s' is not an address; use 127.0.0.1 for this machine only, 0.0.0.0 for "
                     "every network", address);
    s->fd = (int)socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (s->fd < 0 || !socket_prepare(s->fd) || (kind == SOCKET_LISTENS && !socket_take_address(s->fd)) ||
        bind(s->fd, found->ai_addr, (socklen_t)found->ai_addrlen) != 0 ||
        (kind == SOCKET_LISTENS && listen(s->fd, BACKLOG) != 0))
        reason = socket_failure();
    freeaddrinfo(found);
    if (reason) not_bound(reason, address, port, by, err);
    else if (!name_socket(s, err)) return GB_OK;
    if (s->fd >= 0) socket_close(s->fd);
    s->fd = -1;
    return err->status;
}

int accept_connection(int fd) {
    int on = 1, taken = (int)accept(fd, NULL, NULL);
    if (taken < 0) return -1;
    if (!socket_prepare(taken)) {
        socket_close(taken);
        return -1;
    }
    (void)setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, (const void *)&on, sizeof on);      /* without it frames would only be delayed */
    return taken;
}
