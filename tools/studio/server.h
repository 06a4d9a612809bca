/* The studio's server: HTTP for the page's files, one WebSocket per tab, and OSC over UDP, all in one thread. */
#ifndef GANBEND_STUDIO_SERVER_H
#define GANBEND_STUDIO_SERVER_H

#include <ganbend.h>

#include "shared.h"

typedef struct server server;

typedef struct server_options {
    const char *listen;         /* address to listen on; NULL: 127.0.0.1 */
    int port;                   /* 0: any free port */
    const char *name;           /* another name of this machine, that of the certificate, or NULL */
    const char *certificate, *key;  /* files for TLS, or both NULL */
    const char *osc_address;    /* of `osc_port`; NULL: 127.0.0.1 */
    int osc_port;               /* 0: none */
    const char *token;          /* that every request needs */
} server_options;

/* Ready for connections, which are served by server_run(). */
gb_status server_new(const server_options *options, shared *s, server **made, gb_error *err);
/* "http://127.0.0.1:7860/?token=…" */
const char *server_address(const server *s);
/* The address of an output window. */
const char *server_output_address(const server *s);
/* Whether others in the network could read what is sent. */
bool server_is_readable(const server *s);
/* A file that leads a browser to the address: it is removed when somebody has come with the token, or by server_free(). */
void server_leads(server *s, const char *redirect);
/* Where OSC is received: "127.0.0.1, port 9000"; NULL if it is off. */
const char *server_osc_address(const server *s);
/* Runs until SIGINT, SIGTERM or SIGHUP; then tells and closes every tab. */
gb_status server_run(server *s, gb_error *err);
void server_free(server *s);

#endif
