/* The system's sockets: on Windows Winsock's, with descriptors and error numbers as POSIX has them. */
#ifndef GANBEND_TOOLS_SOCKETS_H
#define GANBEND_TOOLS_SOCKETS_H

#include <stdbool.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

/* Before the first use of any call for sockets; 0 or an errno. */
int sockets_begin(void);
/* Makes a socket non-blocking, and not inherited by child processes. */
bool socket_prepare(int socket);
/* Lets a listening socket have its address although connections of an earlier program are still being closed, and to itself. */
bool socket_take_address(int socket);
void socket_close(int socket);
/* The errno of the last call that failed. */
int socket_failure(void);
/* Sends a datagram to the connected address, without waiting; whether that fails does not matter. */
void socket_send_datagram(int socket, const void *bytes, size_t size);

#endif
