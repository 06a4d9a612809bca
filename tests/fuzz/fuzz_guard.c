/* The values of a request's headers, one per line: Host, Origin, Cookie, the token of the address. A request that is accepted
 * has the token, and a Host and an Origin that are this machine's, as they are found here by comparing whole strings. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/studio/guard.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line as a string of its own; NULL at the end of the input, or if the line is "-". */
static char *next_line(const uint8_t **at, const uint8_t *end) {
    if (*at >= end)
        return NULL;
    const uint8_t *stop = memchr(*at, '\n', (size_t)(end - *at));
    size_t length = (size_t)((stop ? stop : end) - *at);
    char *line = malloc(length + 1);
    if (!line)
        abort();
    memcpy(line, *at, length);
    line[length] = '\0';
    *at += length + 1;
    if (strcmp(line, "-"))
        return line;
    free(line);
    return NULL;
}

static bool has_token(const guard_request *r) {
    return (r->token && !strcmp(r->token, TOKEN)) || (r->cookies && strstr(r->cookies, "ganbend-7860=" TOKEN));
}

/* On loopback there are three names, with or without a port. */
static bool is_loopback(const char *host) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length))
            continue;
        const char *port = host + length;
        if (!*port || (*port == ':' && port[1] && strspn(port + 1, "0123456789") == strlen(port + 1)))
            return true;
    }
    return false;
}

static bool is_own(const guard *g, const char *origin, const char *host) {
    char own[4096];
    return snprintf(own, sizeof own, "%s://%s", g->encrypted ? "https" : "http", host) < (int)sizeof own &&
           !strcmp(own, origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const guard guards[] = {
        {.token = TOKEN, .cookie = "ganbend-7860"},
        {.token = TOKEN, .cookie = "ganbend-7860", .encrypted = true, .listens = true, .machine = "atelier",
         .name = "studio.example"},
    };
    const uint8_t *at = data, *end = data + size;
    char *host = next_line(&at, end), *origin = next_line(&at, end), *cookies = next_line(&at, end),
         *token = next_line(&at, end);
    for (int i = 0; i < 4; i++) {
        const guard *g = &guards[i % 2];
        guard_request r = {.host = host, .origin = origin, .cookies = cookies, .token = token, .upgrade = i > 1};
        const char *refused = guard_refuses(g, &r);
        if (refused && (!*refused || strchr(refused, '\n')))
            abort();
        if (refused)
            continue;
        if (!has_token(&r) || !host || (!g->listens && !is_loopback(host)) || (r.upgrade && !origin) ||
            (origin && !is_own(g, origin, host)))
            abort();
    }
    free(host), free(origin), free(cookies), free(token);
    return 0;
}
