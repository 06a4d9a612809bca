/* An OSC message: the address and the type tag ",f", each with zeros up to a multiple of four bytes, and a big-endian float. */
#define _POSIX_C_SOURCE 200809L
#include "osc_out.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tools/program/arguments.h"
#include "tools/program/sockets.h"

enum { ROOM = 256 };

gb_status osc_out_open(osc_out *o, const char *address, int port, gb_error *err) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    char text[8];
    int reason = sockets_begin();
    snprintf(text, sizeof text, "%d", port);
    *o = (osc_out){.fd = -1};
    if (reason || getaddrinfo(address, text, &hints, &found) != 0)
        return state(err, GB_BAD_ARGUMENT, "--osc-to: '%s' is not an address that this machine knows", address);
    for (const struct addrinfo *a = found; a && !o->open; a = a->ai_next) {
        o->fd = (int)socket(a->ai_family, SOCK_DGRAM, 0);
        o->open = o->fd >= 0 && socket_prepare(o->fd) && connect(o->fd, a->ai_addr, (socklen_t)a->ai_addrlen) == 0;
        if (o->open) break;
        reason = socket_failure();
        if (o->fd >= 0) socket_close(o->fd);
    }
    freeaddrinfo(found);
    if (!o->open) return state(err, GB_IO, "--osc-to: %s, port %d: %s", address, port, strerror(reason));
    snprintf(o->to, sizeof o->to, "%.60s, port %d", address, port);
    return GB_OK;
}

void osc_out_close(osc_out *o) {
    if (o->open) socket_close(o->fd);
    o->open = false;
}

/* Appends text and one to four zeros. */
static size_t put_text(unsigned char *packet, size_t used, const char *text) {
    size_t length = strlen(text), padded = (length + 4) / 4 * 4;
    memset(packet + used, 0, padded);
    memcpy(packet + used, text, length);
    return used + padded;
}

static void send_one(const osc_out *o, const char *before, const char *address, double value) {
    unsigned char packet[ROOM];
    char path[ROOM / 2];
    float number = (float)value;
    uint32_t bits;
    size_t used;
    if (snprintf(path, sizeof path, "/ganbend/%s%s", before, address) >= (int)sizeof path) return;
    used = put_text(packet, put_text(packet, 0, path), ",f");
    memcpy(&bits, &number, sizeof bits);
    for (int i = 0; i < 4; i++) packet[used++] = (unsigned char)(bits >> (24 - 8 * i));
    socket_send_datagram(o->fd, packet, used);      /* nobody may be listening */
}

void osc_send(const osc_out *o, const char *address, double value, double share) {
    if (!o->open) return;
    send_one(o, "", address, value);
    send_one(o, "share/", address, share);
}
