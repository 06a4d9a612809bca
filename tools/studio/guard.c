/* The rules of guard.h. A request is refused unless it is clearly right: a Host must match completely, not in part. */
#define _POSIX_C_SOURCE 200809L
#include "guard.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "tools/program/sockets.h"

enum { NAME_ROOM = 256 };

/* ":7860" or nothing, and then the end. */
static bool is_port(const char *text) {
    int port = 0, digits = 0;
    if (!*text) return true;
    if (*text != ':') return false;
    for (text++; *text >= '0' && *text <= '9' && digits < 5; text++, digits++) port = 10 * port + (*text - '0');
    return !*text && digits && port >= 1 && port <= 65535;
}

/* "[::1]:7860" is the name "::1" in brackets, "localhost:7860" a name without. False if it is neither. */
static bool split_host(const char *host, char name[NAME_ROOM], bool *brackets) {
    size_t length;
    *brackets = *host == '[';
    if (*brackets) host++;
    length = strcspn(host, *brackets ? "]" : ":");
    if (!length || length >= NAME_ROOM) return false;
    memcpy(name, host, length);
    name[length] = '\0';
    host += length;
    if (*brackets) {
        if (*host != ']') return false;
        host++;
    }
    return is_port(host);
}

static bool is_our_host(const guard *g, const char *host) {
    char name[NAME_ROOM];
    bool brackets;
    struct in6_addr six;
    struct in_addr four;
    if (!split_host(host, name, &brackets)) return false;
    if (brackets) return g->listens ? inet_pton(AF_INET6, name, &six) == 1 : !strcmp(name, "::1");
    if (!strcasecmp(name, "localhost") || !strcmp(name, "127.0.0.1")) return true;
    if (!g->listens) return false;
    return inet_pton(AF_INET, name, &four) == 1 || (g->machine && *g->machine && !strcasecmp(name, g->machine)) ||
           (g->name && !strcasecmp(name, g->name));
}

/* The page's own origin is http:// or https:// and its Host. */
static bool is_own_origin(const guard *g, const char *origin, const char *host) {
    const char *scheme = g->encrypted ? "https://" : "http://";
    return !strncmp(origin, scheme, strlen(scheme)) && !strcmp(origin + strlen(scheme), host);
}

/* In constant time for a `given` of the right length. */
static bool same_token(const char *token, const char *given, size_t length) {
    unsigned char different = 0;
    if (length != GUARD_TOKEN - 1) return false;
    for (size_t i = 0; i < length; i++) different |= (unsigned char)(token[i] ^ given[i]);
    return !different;
}

/* "a=1; ganbend-7860=TOKEN" */
static bool cookie_has_token(const guard *g, const char *cookies) {
    size_t name = strlen(g->cookie);
    while (*cookies) {
        size_t length = strcspn(cookies, ";");
        if (length > name && !strncmp(cookies, g->cookie, name) && cookies[name] == '=' &&
            same_token(g->token, cookies + name + 1, length - name - 1))
            return true;
        cookies += length;
        cookies += strspn(cookies, "; ");
    }
    return false;
}

static bool knows_token(const guard *g, const guard_request *r) {
    return (r->token && same_token(g->token, r->token, strlen(r->token))) ||
           (r->cookies && cookie_has_token(g, r->cookies));
}

const char *guard_refuses(const guard *g, const guard_request *r) {
    if (!r->host || !is_our_host(g, r->host))
        return g->listens ? "Use an address of this machine, localhost, its host name or that of --name to reach the studio."
                          : "Use 127.0.0.1, localhost or [::1] to reach the studio.";
    if (r->origin ? !is_own_origin(g, r->origin, r->host) : r->upgrade)
        return "Pages of other sites must not use the studio.";
    if (!knows_token(g, r))
        return "The token is missing: open the address that 'ganbend studio' printed, with ?token=… at its end.";
    return NULL;
}
