/* sockets.h by POSIX calls. */
#define _POSIX_C_SOURCE 200809L
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0                  /* a datagram raises no signal there */
#endif

int sockets_begin(void) {
    return 0;
}

bool socket_prepare(int socket) {
    int flags = fcntl(socket, F_GETFL);
    return flags >= 0 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(socket, F_SETFD, FD_CLOEXEC) == 0;
}

bool socket_take_address(int socket) {
    int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
}

void socket_close(int socket) {
    close(socket);
}

int socket_failure(void) {
    return errno;
}

void socket_send_datagram(int socket, const void *bytes, size_t size) {
    (void)send(socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}
