/* libwebsockets' service loop. We bind and accept ourselves, so that there are clear messages for a port in use and for too
 * many connections. Of libwebsockets only HTTP/1.1, TLS and RFC 6455 are used: no HTTP/2, proxying, CONNECT or
 * compression, and no subprotocols.
 *
 * The loop must stay fast for all clients: no callback here waits, renders, plans, parses a long message, or writes a
 * file. */
#define _POSIX_C_SOURCE 200809L
#include "server.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libwebsockets.h>

#include "tools/program/arguments.h"
#include "guard.h"
#include "tools/program/host.h"
#include "osc.h"
#include "http.h"
#include "sockets.h"
#include "signals.h"
#include "connection.h"
#include "places.h"
#include "projects.h"

enum {
    ACCEPTED = 8,               /* connections per round, so that what has arrived is read before many more come */
    TIMEOUT = 10,               /* seconds for a complete request, or for sending a response */
    IDLE = 15,                  /* seconds that an idle connection is kept */
    PING_AFTER = 60,            /* seconds of silence after which a tab is pinged */
    HANG_UP_AFTER = 100,
    HEADERS = 16 << 10,         /* bytes of a request's headers */
    PIECE = 64 << 10,           /* bytes received at a time */
    HOST_ROOM = 256,
    URL_ROOM = 256,
    COOKIES_ROOM = 4096,
    CLOSING_ROUNDS = 20,        /* times 25 ms to tell the tabs about the shutdown */
    ROUND_MS = 25
};

struct server {
    shared *shared;
    struct lws_context *context;
    struct lws_vhost *vhost;
    bound_socket listener, osc;
    guard guard;
    char machine[HOST_ROOM];
    char redirect[PATH_ROOM];   /* a file that leads here; "" if there is none */
    char address[HOST_ROOM + 80], output_address[HOST_ROOM + 96], osc_text[SOCKET_ADDRESS_ROOM + 32];
    connection_list connections;
    place_list places;          /* each connection points to its own */
    lws_sorted_usec_list_t round;
    atomic_bool stopping;       /* set by a signal */
    bool has_signals;
};

/* What libwebsockets keeps for each connection. */
typedef struct attached {
    connection *connection;     /* once it is a WebSocket */
} attached;

static server *server_of(struct lws *wsi) {
    return lws_context_user(lws_get_context(wsi));
}

/* ---------------------------------------------------------------------------------------------------- requests */

/* The header's value, or NULL if it is missing. One that is too long or contains a zero byte becomes "?", which matches
 * nothing. */
static const char *header(struct lws *wsi, enum lws_token_indexes token, char *text, int room) {
    int length = lws_hdr_total_length(wsi, token), copied;
    if (length <= 0) return NULL;
    copied = lws_hdr_copy(wsi, text, room, token);
    if (copied <= 0 || strlen(text) != (size_t)copied) snprintf(text, (size_t)room, "?");
    return text;
}

/* NULL if the request is accepted, else why not. */
static const char *refusal(const server *s, struct lws *wsi, bool upgrade, bool *by_address) {
    char host[HOST_ROOM], origin[HOST_ROOM], token[2 * GUARD_TOKEN];     /* with "token=" */
    char *cookies = malloc(COOKIES_ROOM);
    guard_request r = {.upgrade = upgrade};
    const char *refused = "out of memory";
    if (!cookies) return refused;
    r.host = header(wsi, WSI_TOKEN_HOST, host, sizeof host);
    r.origin = header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin);
    r.cookies = header(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, COOKIES_ROOM);
    r.token = lws_get_urlarg_by_name(wsi, "token=", token, sizeof token);
    refused = guard_refuses(&s->guard, &r);
    *by_address = r.token != NULL;
    free(cookies);
    return refused;
}

static int respond(struct lws *wsi, const http_request *r) {
    outgoing p = {0};
    bool last;
    int written;
    if (!http_response(r, &p, &last)) return -1;
    written = lws_write(wsi, p.bytes, p.size, LWS_WRITE_HTTP_FINAL);
    free_outgoing(&p);
    return written < 0 || last || lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* A connection without a place is about to be closed. */
static bool is_crowded(struct lws *wsi) {
    const place *p = lws_get_opaque_user_data(wsi);
    return !p || p->crowded;
}

/* The connection's request was accepted. */
static void note_known(struct lws *wsi) {
    place *p = lws_get_opaque_user_data(wsi);
    if (p) p->known = true;
}

static void remove_redirect(server *s) {
    if (*s->redirect) host_remove_file(s->redirect);
    *s->redirect = '\0';
}

static int answer_request(server *s, struct lws *wsi) {
    char path[URL_ROOM], known[64], cookie[sizeof s->guard.cookie + GUARD_TOKEN];
    bool by_address = false;
    http_request r = {.crowded = is_crowded(wsi), .encrypted = s->guard.encrypted};
    r.path = header(wsi, WSI_TOKEN_GET_URI, path, sizeof path);
    if (!r.path && (r.path = header(wsi, WSI_TOKEN_HEAD_URI, path, sizeof path))) r.head = true;
    r.known = header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, known, sizeof known);
    r.refused = refusal(s, wsi, false, &by_address);
    if (!r.refused) note_known(wsi);
    if (!r.refused && by_address) {
        remove_redirect(s);
        snprintf(cookie, sizeof cookie, "%s=%s", s->guard.cookie, s->guard.token);
        r.cookie = cookie;
    }
    return respond(wsi, &r);
}

/* Whether it is the address of an output window; then its place says so. */
static bool watches(struct lws *wsi, const char *path) {
    place *p = lws_get_opaque_user_data(wsi);
    char project[sizeof "project=" + PROJECT_NAME];
    const char *name;
    if (!p || strcmp(path, "/watch")) return false;
    name = lws_get_urlarg_by_name(wsi, "project=", project, sizeof project);
    p->watches = true;
    snprintf(p->project, sizeof p->project, "%s", name && is_valid_name(name) ? name : "");
    return true;
}

/* Returns 0 to let the upgrade proceed; otherwise the response was sent. */
static int check_upgrade(server *s, struct lws *wsi, const char *to) {
    char path[URL_ROOM], version[8];
    bool by_address;
    const char *spoken = header(wsi, WSI_TOKEN_VERSION, version, sizeof version);
    http_request r = {.path = header(wsi, WSI_TOKEN_GET_URI, path, sizeof path), .crowded = is_crowded(wsi)};
    r.refused = refusal(s, wsi, true, &by_address);
    if (!r.refused && lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) > 0)    /* one of ours would make it another socket */
        r.refused = "The studio's WebSocket has no subprotocols.";
    if (!r.refused) note_known(wsi);
    if (!r.refused && !r.crowded && !strcasecmp(to, "websocket") && spoken && !strcmp(spoken, "13") && r.path &&
        (!strcmp(r.path, "/ws") || watches(wsi, r.path)))
        return 0;
    (void)respond(wsi, &r);
    return -1;
}

static connection *open_connection(server *s, struct lws *wsi) {
    const place *p = lws_get_opaque_user_data(wsi);
    return p && p->watches ? connection_open_output(&s->connections, s->shared, wsi, p->project)
                           : connection_open(&s->connections, s->shared, wsi);
}

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    attached *at = user;
    server *s;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return answer_request(server_of(wsi), wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return check_upgrade(server_of(wsi), wsi, in);
    case LWS_CALLBACK_ESTABLISHED:
        s = server_of(wsi);
        at->connection = open_connection(s, wsi);
        return at->connection ? 0 : -1;
    case LWS_CALLBACK_RECEIVE:
        return connection_receive(at->connection, in, size);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return at->connection ? connection_send(at->connection) : 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return at->connection && connection_is_closed(at->connection) ? -1 : 0;
    case LWS_CALLBACK_CLOSED:
        if (at->connection) connection_close(&server_of(wsi)->connections, at->connection);
        at->connection = NULL;
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        connections_wake(&server_of(wsi)->connections);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (lws_get_opaque_user_data(wsi)) place_free(lws_get_opaque_user_data(wsi));
        return 0;
    case LWS_CALLBACK_RAW_ADOPT:        /* reached only by CONNECT and request bodies */
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_HTTP_BODY:
        return -1;
    default:
        return 0;
    }
}

/* ---------------------------------------------------------------------------------------------------- sockets */

/* A connection that has to leave is closed in the next round, because it may be the one that is being served. */
static void take_connection(server *s, int fd) {
    void *leaving;
    place *p = place_take(&s->places, &leaving);
    lws_adopt_desc_t how = {.vh = s->vhost, .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP, .fd = {.sockfd = (lws_sockfd_type)fd}, .opaque = p};
    if (s->guard.encrypted) how.type |= LWS_ADOPT_ALLOW_SSL;
    if (leaving) {
        lws_set_opaque_user_data(leaving, NULL);
        lws_set_timeout(leaving, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
    }
    p->connection = p;                                      /* taken, in case the adoption fails and frees it */
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&how);    /* on failure it closes the socket */
    if (wsi) p->connection = wsi;
    else place_free(p);
}

static int serve_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    server *s;
    (void)user, (void)in, (void)size;
    if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
    s = server_of(wsi);
    for (int i = 0, fd; i < ACCEPTED && (fd = accept_connection(s->listener.fd)) >= 0; i++) take_connection(s, fd);
    return 0;
}

static void control_all(void *arg, const char *address, double value) {
    server *s = arg;
    for (connection *c = s->connections.first; c; c = connection_next(c)) connection_control(c, address, value);
}

static int serve_osc(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    server *s;
    (void)user, (void)in, (void)size;
    if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
    s = server_of(wsi);
    osc_receive(s->osc.fd, control_all, s);
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "studio", .callback = serve, .per_session_data_size = sizeof(attached), .rx_buffer_size = PIECE,
     .tx_packet_size = 4 << 20},
    {.name = "listener", .callback = serve_listener},
    {.name = "osc", .callback = serve_osc},
    {0}
};

/* From here on libwebsockets owns and closes the socket. */
static bool adopt(server *s, int fd, const char *protocol) {
    const lws_sock_file_fd_type it = {.sockfd = (lws_sockfd_type)fd};
    return lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, it, protocol, NULL) != NULL;
}

/* ---------------------------------------------------------------------------------------------------- starting */

/* libwebsockets does not say why it cannot begin, so its allocations are watched. */
static _Thread_local bool allocation_failed;

static void *watched_realloc(void *block, size_t size, const char *reason) {
    void *grown = size ? realloc(block, size) : NULL;
    (void)reason;
    if (!size) free(block);
    else if (!grown) allocation_failed = true;
    return grown;
}

/* False if libwebsockets was built without TLS. */
static bool use_certificate(struct lws_context_creation_info *info, const server_options *o) {
#if defined(LWS_WITH_TLS)
    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info->ssl_cert_filepath = o->certificate;
    info->ssl_private_key_filepath = o->key;
    info->alpn = "http/1.1";
    return true;
#else
    (void)info, (void)o;
    return false;
#endif
}

static gb_status open_context(server *s, const server_options *o, gb_error *err) {
    static const lws_retry_bo_t keep_alive = {.secs_since_valid_ping = PING_AFTER,
                                                 .secs_since_valid_hangup = HANG_UP_AFTER};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .vhost_name = "studio",
        .server_string = "ganbend",
        .max_http_header_data = HEADERS,
        .max_http_header_pool = PLACES + ACCEPTED,
        .timeout_secs = TIMEOUT,
        .timeout_secs_ah_idle = TIMEOUT,
        .keepalive_timeout = IDLE,
        .pt_serv_buf_size = 16 << 10,
        .fd_limit_per_thread = PLACES + ACCEPTED + 8,
        .retry_and_idle_policy = &keep_alive,
        .user = s,
    };
    if (o->certificate && !use_certificate(&info, o))
        return state(err, GB_BAD_ARGUMENT, "--cert: the libwebsockets of this ganbend has no TLS");
    lws_set_log_level(0, NULL);
    lws_set_allocator(watched_realloc);
    allocation_failed = false;
    s->context = lws_create_context(&info);
    s->vhost = s->context ? lws_create_vhost(s->context, &info) : NULL;
    if (s->vhost) return GB_OK;
    if (allocation_failed) return state(err, GB_NO_MEMORY, "out of memory");
    return o->certificate ? state(err, GB_BAD_FILE, "%s and %s are not a certificate and its key that can be used",
                                  o->certificate, o->key)
                          : state(err, GB_IO, "libwebsockets cannot be initialised");
}

static gb_status open_sockets(server *s, const server_options *o, gb_error *err) {
    const char *at = o->listen ? o->listen : "127.0.0.1";
    if (bind_socket(SOCKET_LISTENS, at, o->port, "--port", &s->listener, err)) return err->status;
    if (!adopt(s, s->listener.fd, "listener")) return state(err, GB_NO_MEMORY, "out of memory");
    if (!o->osc_port) return GB_OK;
    if (bind_socket(SOCKET_DATAGRAMS, o->osc_address ? o->osc_address : "127.0.0.1", o->osc_port, "--osc", &s->osc, err))
        return err->status;
    snprintf(s->osc_text, sizeof s->osc_text, "%s, port %d", s->osc.address, s->osc.port);
    return adopt(s, s->osc.fd, "osc") ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

/* The address to type into a browser. When listening on all addresses it has a name of the machine. */
static void write_address(server *s) {
    const char *name = s->guard.name ? s->guard.name : s->listener.any && s->machine[0] ? s->machine : s->listener.address;
    bool six = strchr(name, ':') != NULL;
    char origin[HOST_ROOM + 32];
    snprintf(origin, sizeof origin, "%s://%s%s%s:%d", s->guard.encrypted ? "https" : "http", six ? "[" : "", name,
             six ? "]" : "", s->listener.port);
    snprintf(s->address, sizeof s->address, "%s/?token=%s", origin, s->guard.token);
    snprintf(s->output_address, sizeof s->output_address, "%s/output?token=%s", origin, s->guard.token);
}

/* Called from any thread. lws_cancel_service() is the only function of libwebsockets for which that is allowed. */
static void wake(void *arg) {
    server *s = arg;
    lws_cancel_service(s->context);
}

static void stop(void *arg) {
    server *s = arg;
    atomic_store(&s->stopping, true);
    wake(s);
}

/* From here on signals end server_run(), at once if they come before it. */
static gb_status take_signals(server *s, gb_error *err) {
    s->has_signals = !signals_begin(stop, s, err);
    return err->status;
}

gb_status server_new(const server_options *options, shared *all, server **made, gb_error *err) {
    server *s = calloc(1, sizeof *s);
    if (!s) return state(err, GB_NO_MEMORY, "out of memory");
    s->shared = all;
    all->wake = wake;
    all->wake_arg = s;
    s->listener.fd = s->osc.fd = -1;
    if (!host_machine_name(s->machine, sizeof s->machine - 1)) s->machine[0] = '\0';
    s->guard.machine = s->machine;
    s->guard.listens = options->listen != NULL;
    s->guard.encrypted = options->certificate != NULL;
    s->guard.name = options->name;
    snprintf(s->guard.token, sizeof s->guard.token, "%s", options->token);
    if (open_context(s, options, err) || open_sockets(s, options, err) || take_signals(s, err)) {
        server_free(s);
        return err->status;
    }
    snprintf(s->guard.cookie, sizeof s->guard.cookie, "ganbend-%d", s->listener.port);
    write_address(s);
    *made = s;
    return GB_OK;
}

void server_free(server *s) {
    if (!s) return;
    if (s->has_signals) signals_end();
    if (s->context) lws_context_destroy(s->context);
    remove_redirect(s);
    free(s);
}

const char *server_address(const server *s) {
    return s->address;
}

const char *server_output_address(const server *s) {
    return s->output_address;
}

bool server_is_readable(const server *s) {
    return s->guard.listens && !s->guard.encrypted && !s->listener.loopback;
}

void server_leads(server *s, const char *redirect) {
    snprintf(s->redirect, sizeof s->redirect, "%s", redirect);
}

const char *server_osc_address(const server *s) {
    return s->osc_text[0] ? s->osc_text : NULL;
}

/* ---------------------------------------------------------------------------------------------------- running */

static void end_round(lws_sorted_usec_list_t *round) {
    (void)round;                /* its only purpose is that lws_service() returns */
}

/* Tells the tabs about the shutdown and waits for their workers. Slow clients are dropped. */
static void close_connections(server *s) {
    for (connection *c = s->connections.first; c; c = connection_next(c)) connection_dismiss(c);
    for (int i = 0; i < CLOSING_ROUNDS && s->connections.first; i++) {
        lws_sul_schedule(s->context, 0, &s->round, end_round, ROUND_MS * LWS_US_PER_MS);
        if (lws_service(s->context, 0) < 0) break;
    }
    lws_sul_cancel(&s->round);
    clients_wait_for_closing(&s->shared->clients);
}

gb_status server_run(server *s, gb_error *err) {
    while (!err->status && !atomic_load(&s->stopping))
        if (lws_service(s->context, 0) < 0) state(err, GB_IO, "libwebsockets stopped unexpectedly");
    close_connections(s);
    return err->status;
}
