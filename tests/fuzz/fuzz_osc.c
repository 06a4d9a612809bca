/* Packets of OSC, each after its length in two bytes, through a socket, as the studio receives them. Only printable addresses
 * with finite numbers come out. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "tools/studio/osc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void control(void *arg, const char *address, double value) {
    ++*(int *)arg;
    if (!*address || !isfinite(value))
        abort();
    for (; *address; address++)
        if (*address <= ' ' || *address > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int ends[2] = {-1, -1};
    int controls = 0;
    if (ends[0] < 0 && (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0))
        abort();
    for (size_t at = 0; size - at >= 2;) {
        size_t length = (size_t)data[at] << 8 | data[at + 1];
        at += 2;
        if (length > size - at)
            length = size - at;
        if (send(ends[1], data + at, length, 0) != (ssize_t)length)
            abort();
        osc_receive(ends[0], control, &controls);
        at += length;
    }
    if ((size_t)controls > size / 16)       /* a message has at least that many bytes */
        abort();
    return 0;
}
