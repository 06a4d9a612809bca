/* A flood of OSC does not keep the server's thread from its other sockets. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/studio/osc.h"

enum { MORE = 20 };

static const char message[] = "/ganbend/trunc\0\0,f\0\0\77\0\0";        /* 0.5 */
static const char nothing[] = "#bundle\0\377\377\377\377\0\0\0";        /* a bundle without messages */

static int from, to;

static int set_up(void **state) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    (void)state;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to = socket(AF_INET, SOCK_DGRAM, 0);
    from = socket(AF_INET, SOCK_DGRAM, 0);
    return to < 0 || from < 0 || bind(to, (struct sockaddr *)&at, size) != 0 || getsockname(to, (struct sockaddr *)&at, &size) != 0 ||
           connect(from, (struct sockaddr *)&at, size) != 0 || fcntl(to, F_SETFL, O_NONBLOCK) != 0;
}

static int tear_down(void **state) {
    (void)state;
    close(from);
    close(to);
    return 0;
}

static void count(void *arg, const char *address, double value) {
    assert_string_equal(address, "trunc");
    assert_true(value == 0.5);
    ++*(int *)arg;
}

/* Sends more packets than are read at once, and returns how many of them are left. */
static int left_of(const char *packet, size_t size, int *controls) {
    char bytes[64];
    int left = 0;
    for (int i = 0; i < OSC_PACKETS + MORE; i++) assert_int_equal(send(from, packet, size, 0), size);
    osc_receive(to, count, controls);
    while (recv(to, bytes, sizeof bytes, 0) > 0) left++;
    return left;
}

static void only_so_many_packets_are_read_at_once(void **state) {
    int controls = 0;
    (void)state;
    assert_int_equal(left_of(message, sizeof message, &controls), MORE);
    assert_int_equal(controls, OSC_PACKETS);
    assert_int_equal(left_of(nothing, sizeof nothing, &controls), MORE);
    assert_int_equal(controls, OSC_PACKETS);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(only_so_many_packets_are_read_at_once, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
