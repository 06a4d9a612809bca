/* liblo parses the messages. The socket is ours, because liblo's own listens on every network. Bundles take effect when they
 * arrive: their time stamps would need a queue, which others could fill. */
#define _POSIX_C_SOURCE 200809L
#include "osc.h"
#include "outgoing.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <lo/lo.h>

#include "tools/program/sockets.h"

enum {
    PACKET = 8 << 10,           /* the longest that is read; a control's message has some 40 bytes */
    MESSAGES = 256,             /* after so many no more packets are read at once */
    BUNDLE_HEAD = 16,           /* "#bundle", a zero byte and a time stamp */
    NESTED = 4                  /* bundles in bundles */
};

static const char prefix[] = "/ganbend/";

typedef struct receiver {
    void (*control)(void *arg, const char *address, double value);
    void *arg;
    int messages;               /* read so far */
} receiver;

bool osc_is_here(void) {
    return true;
}

static bool is_number(lo_type type) {
    return type == LO_FLOAT || type == LO_INT32 || type == LO_DOUBLE || type == LO_INT64;
}

/* The message's number, or NAN if its arguments are not exactly one number. */
static double number_of(lo_message message) {
    const char *types = lo_message_get_types(message);
    if (lo_message_get_argc(message) != 1 || !types) return NAN;
    if (types[0] == LO_TRUE || types[0] == LO_FALSE) return types[0] == LO_TRUE;
    if (!is_number((lo_type)types[0])) return NAN;
    if (types[0] == LO_FLOAT) return shortest_double(lo_message_get_argv(message)[0]->f);
    return (double)lo_hires_val((lo_type)types[0], lo_message_get_argv(message)[0]);
}

/* A control's address is printable ASCII. */
static bool is_address(const char *text) {
    if (!*text) return false;
    for (; *text; text++)
        if (*text <= ' ' || *text > '~') return false;
    return true;
}

static void read_message(receiver *r, unsigned char *bytes, size_t size) {
    const char *path = (const char *)bytes;
    lo_message message;
    double value;
    int result = 0;
    r->messages++;
    if (!memchr(bytes, '\0', size) || strncmp(path, prefix, sizeof prefix - 1) != 0) return;
    message = lo_message_deserialise(bytes, size, &result);
    if (!message) return;
    value = number_of(message);
    if (isfinite(value) && is_address(path + sizeof prefix - 1)) r->control(r->arg, path + sizeof prefix - 1, value);
    lo_message_free(message);
}

static void read_packet(receiver *r, unsigned char *bytes, size_t size, int depth) {
    if (size < BUNDLE_HEAD || memcmp(bytes, "#bundle", 8) != 0) {
        read_message(r, bytes, size);
        return;
    }
    for (size_t at = BUNDLE_HEAD; size - at >= 4;) {
        const unsigned char *head = bytes + at;
        size_t part = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        at += 4;
        if (!part || part % 4 || part > size - at) return;
        if (depth < NESTED) read_packet(r, bytes + at, part, depth + 1);
        at += part;
    }
}

void osc_receive(int fd, void (*control)(void *arg, const char *address, double value), void *arg) {
    _Alignas(8) unsigned char packet[PACKET];       /* liblo swaps the bytes of numbers in place */
    receiver r = {control, arg, 0};
    for (int packets = 0; packets < OSC_PACKETS && r.messages < MESSAGES; packets++) {
        ssize_t size = recv(fd, packet, sizeof packet, 0);
        if (size < 0) return;
        read_packet(&r, packet, (size_t)size, 0);
    }
}
