/* sockets.h for Windows. A SOCKET is a handle, of which the system uses 32 bits. */
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>

static void end(void) {
    WSACleanup();
}

int sockets_begin(void) {
    WSADATA about;
    if (WSAStartup(MAKEWORD(2, 2), &about) != 0) return EIO;
    atexit(end);
    return 0;
}

bool socket_prepare(int socket) {
    u_long on = 1;
    SetHandleInformation((HANDLE)(intptr_t)socket, HANDLE_FLAG_INHERIT, 0);
    return ioctlsocket((SOCKET)socket, (long)FIONBIO, &on) == 0;
}

/* SO_REUSEADDR would share it with other programs there. */
bool socket_take_address(int socket) {
    int on = 1;
    return setsockopt((SOCKET)socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on) == 0;
}

void socket_close(int socket) {
    closesocket((SOCKET)socket);
}

int socket_failure(void) {
    static const struct { int code, number; } codes[] = {
        {WSAEADDRINUSE, EADDRINUSE}, {WSAEADDRNOTAVAIL, EADDRNOTAVAIL}, {WSAEACCES, EACCES}, {WSAEMFILE, EMFILE},
        {WSAENOBUFS, ENOMEM}, {WSAEWOULDBLOCK, EWOULDBLOCK}, {WSAEAFNOSUPPORT, EAFNOSUPPORT}, {WSAENETDOWN, ENETDOWN},
        {WSAENETUNREACH, ENETUNREACH}, {WSAEHOSTUNREACH, EHOSTUNREACH},
    };
    int code = WSAGetLastError();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code) return codes[i].number;
    return EIO;
}

void socket_send_datagram(int socket, const void *bytes, size_t size) {
    (void)send((SOCKET)socket, bytes, (int)size, 0);
}
