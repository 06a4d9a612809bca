/* The studio's server: HTTP for the page's files, one WebSocket for each tab, OSC by UDP, in one thread. */
#ifndef GANBEND_STUDIO_SERVER_H
#define GANBEND_STUDIO_SERVER_H

#include <ganbend.h>

#include "shared.h"

typedef struct server server;

typedef struct server_options {
    const char *listen;         /* address to listen at, which then asks for a token; NULL: 127.0.0.1 without one */
    int port;                   /* 0: one that is free */
    const char *osc_address;    /* of `osc_port`; NULL: as `listen` */
    int osc_port;               /* 0: none */
} server_options;

/* Ready for connections, which wait until server_run(). */
gb_status server_new(const server_options *options, shared *s, server **made, gb_error *err);
/* "http://127.0.0.1:7860/", with the token where one is needed. */
const char *server_address(const server *s);
/* Where OSC comes in: "127.0.0.1, port 9000"; NULL where it does not. */
const char *server_osc_address(const server *s);
/* Until SIGINT, SIGTERM or SIGHUP; then every tab is told and closed. */
gb_status server_run(server *s, gb_error *err);
void server_free(server *s);

#endif
