/* Which requests the studio accepts: tools/studio/guard.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/studio/guard.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static const guard loopback = {.token = TOKEN, .cookie = "ganbend-7860"};
static const guard encrypted = {.token = TOKEN, .cookie = "ganbend-7860", .encrypted = true};
static const guard listening = {.listens = true, .machine = "atelier", .name = "studio.example", .token = TOKEN, .cookie = "ganbend-7860"};

static bool host_is_accepted(const guard *g, const char *host) {
    return !guard_refuses(g, &(guard_request){.host = host, .token = TOKEN});
}

static void hosts(const guard *g, bool accepted, const char *const *list) {
    for (; *list; list++)
        if (host_is_accepted(g, *list) != accepted) fail_msg("Host: %s is %s", *list, accepted ? "refused" : "accepted");
}

static void a_loopback_name_is_a_host_with_any_port(void **arg) {
    (void)arg;
    hosts(&loopback, true, (const char *const[]){
        "127.0.0.1:7860", "127.0.0.1", "localhost:7860", "localhost", "LOCALHOST:7860", "[::1]:7860", "[::1]",
        "localhost:1", "127.0.0.1:65535", "localhost:08080", NULL});
}

static void a_name_that_was_made_to_resolve_to_us_is_no_host(void **arg) {
    (void)arg;
    hosts(&loopback, false, (const char *const[]){
        "evil.example", "evil.example:7860", "localhost.evil.example", "127.0.0.1.evil.example:7860", "xlocalhost",
        "localhostx", "atelier", "7860", "127.0.0.1.nip.io", NULL});
    hosts(&listening, false, (const char *const[]){
        "evil.example", "atelier.evil.example", "atelierx:7860", "10.0.0.1.evil.example", "a.studio.example", NULL});
}

static void other_spellings_of_an_address_are_no_host(void **arg) {
    (void)arg;
    hosts(&loopback, false, (const char *const[]){
        "127.1", "0x7f000001", "2130706433", "127.0.0.2", "0.0.0.0:7860", "[::]:7860", "::1", "[::1",
        "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "localhost.", "127.0.0.1.", "[localhost]", "[127.0.0.1]", NULL});
}

static void what_is_no_name_and_port_is_no_host(void **arg) {
    (void)arg;
    hosts(&loopback, false, (const char *const[]){
        "", ":", ":7860", "localhost:", "localhost:0", "localhost:65536", "localhost:99999999999", "localhost:-1",
        "localhost:+1", "localhost:80:80", "localhost:7860/", "localhost/", "localhost:80x", " localhost", "localhost ",
        "user@localhost", "localhost@evil.example", "localhost:pass@evil.example", "evil.example#localhost",
        "localhost\t", "localhost,evil.example", "[::1]x", "[::1]:", "[]", "[", "]", "[::1]]", NULL});
    assert_non_null(guard_refuses(&loopback, &(guard_request){.token = TOKEN}));
}

static void a_name_of_any_length_is_read_within_bounds(void **arg) {
    char host[600];
    (void)arg;
    for (size_t length = 200; length < sizeof host; length++) {
        memset(host, 'a', length);
        host[length] = '\0';
        assert_false(host_is_accepted(&loopback, host));
        host[0] = '[';
        assert_false(host_is_accepted(&listening, host));
    }
}

static void the_origin_is_the_host_over_http_or_none(void **arg) {
    const char *const others[] = {
        "http://evil.example", "https://localhost:7860", "http://localhost", "http://localhost:80",
        "http://127.0.0.1:7860", "http://localhost:7860/", "http://LOCALHOST:7860",
        "http://localhost:7860.evil.example", "null", "",
        "http://user@localhost:7860", "localhost:7860", "http://", "file://",
        "chrome-extension://localhost:7860", NULL};
    (void)arg;
    guard_request own = {.host = "localhost:7860", .origin = "http://localhost:7860", .token = TOKEN};
    assert_null(guard_refuses(&loopback, &own));
    own = (guard_request){.host = "[::1]:7860", .origin = "http://[::1]:7860", .token = TOKEN};
    assert_null(guard_refuses(&loopback, &own));
    assert_non_null(guard_refuses(&encrypted, &own));
    own.origin = "https://[::1]:7860";
    assert_null(guard_refuses(&encrypted, &own));
    for (const char *const *origin = others; *origin; origin++)
        if (!guard_refuses(&loopback, &(guard_request){.host = "localhost:7860", .origin = *origin, .token = TOKEN}))
            fail_msg("Origin: %s is accepted", *origin);
}

static void a_tunnel_with_another_port_is_the_same_studio(void **arg) {
    guard_request r = {.host = "127.0.0.1:9000", .origin = "http://127.0.0.1:9000", .upgrade = true, .token = TOKEN};
    (void)arg;
    assert_null(guard_refuses(&loopback, &r));
    r.origin = "http://127.0.0.1:7860";         /* the page of another tunnel, or of another program */
    assert_non_null(guard_refuses(&loopback, &r));
}

static void a_websocket_must_say_its_origin(void **arg) {
    guard_request r = {.host = "localhost:7860", .upgrade = true, .token = TOKEN};
    (void)arg;
    assert_non_null(guard_refuses(&loopback, &r));
    r.origin = "http://localhost:7860";
    assert_null(guard_refuses(&loopback, &r));
    assert_null(guard_refuses(&listening, &r));
    r.token = NULL;
    assert_non_null(guard_refuses(&loopback, &r));
    assert_non_null(guard_refuses(&listening, &r));
}

static void a_network_s_host_is_an_address_localhost_or_this_machine(void **arg) {
    (void)arg;
    hosts(&listening, true, (const char *const[]){
        "192.168.1.20:7860", "10.0.0.1", "[fe80::1]:7860", "[2001:db8::7]", "localhost:7860", "atelier:7860", "Atelier",
        "127.0.0.1", "studio.example", "studio.example:7860", NULL});
    hosts(&loopback, false, (const char *const[]){"studio.example", "atelier", NULL});
    hosts(&listening, false, (const char *const[]){
        "10.1", "10.0.0.256", "010.0.0.1x", "[fe80::1%25eth0]", "[10.0.0.1]", "2001:db8::7", "atelier.", NULL});
    hosts(&(guard){.listens = true, .token = TOKEN}, false, (const char *const[]){"", "atelier", NULL});
}

static void the_token_is_needed_on_this_machine_and_in_a_network(void **arg) {
    const char *const wrong[] = {"", "0", TOKEN "0", "0123456789abcdef0123456789abcde",
                                 "0123456789abcdef0123456789abcdeF", "1123456789abcdef0123456789abcdef", NULL};
    const guard *const both[] = {&loopback, &listening};
    (void)arg;
    for (int i = 0; i < 2; i++) {
        guard_request r = {.host = "127.0.0.1"};
        assert_non_null(strstr(guard_refuses(both[i], &r), "token"));
        for (const char *const *token = wrong; *token; token++) {
            r.token = *token;
            if (!guard_refuses(both[i], &r)) fail_msg("the token '%s' is accepted", *token);
        }
        r.token = TOKEN;
        assert_null(guard_refuses(both[i], &r));
        r.host = "evil.example";
        assert_non_null(guard_refuses(both[i], &r));
    }
}

static void the_cookie_stands_for_the_token_among_others(void **arg) {
    const char *const right[] = {"ganbend-7860=" TOKEN, "a=b; ganbend-7860=" TOKEN, "ganbend-7860=" TOKEN "; a=b",
                                 "a;b;;ganbend-7860=" TOKEN ";", "ganbend-7860=old; ganbend-7860=" TOKEN, NULL};
    const char *const wrong[] = {"", ";", "; ;", "ganbend-7860", "ganbend-7860=", "ganbend-7860=" TOKEN "0",
                                 "ganbend-786=" TOKEN, "xganbend-7860=" TOKEN, "ganbend-7861=" TOKEN,
                                 "a=ganbend-7860=" TOKEN, "ganbend-7860= " TOKEN, "ganbend-7860=\"" TOKEN "\"", TOKEN,
                                 NULL};
    guard_request r = {.host = "10.0.0.1"};
    (void)arg;
    for (const char *const *cookies = right; *cookies; cookies++) {
        r.cookies = *cookies;
        if (guard_refuses(&listening, &r)) fail_msg("Cookie: %s is refused", *cookies);
    }
    for (const char *const *cookies = wrong; *cookies; cookies++) {
        r.cookies = *cookies;
        if (!guard_refuses(&listening, &r)) fail_msg("Cookie: %s is accepted", *cookies);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loopback_name_is_a_host_with_any_port),
        cmocka_unit_test(a_name_that_was_made_to_resolve_to_us_is_no_host),
        cmocka_unit_test(other_spellings_of_an_address_are_no_host),
        cmocka_unit_test(what_is_no_name_and_port_is_no_host),
        cmocka_unit_test(a_name_of_any_length_is_read_within_bounds),
        cmocka_unit_test(the_origin_is_the_host_over_http_or_none),
        cmocka_unit_test(a_tunnel_with_another_port_is_the_same_studio),
        cmocka_unit_test(a_websocket_must_say_its_origin),
        cmocka_unit_test(a_network_s_host_is_an_address_localhost_or_this_machine),
        cmocka_unit_test(the_token_is_needed_on_this_machine_and_in_a_network),
        cmocka_unit_test(the_cookie_stands_for_the_token_among_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
