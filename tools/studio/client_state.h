/* What the threads of a client share. For client.c, which the server's thread calls, and worker.c. */
#ifndef GANBEND_STUDIO_CLIENT_STATE_H
#define GANBEND_STUDIO_CLIENT_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "live.h"
#include "messages.h"
#include "send_queue.h"

enum {
    MAX_JOBS = 64,                      /* waiting requests, parsed or not, and unsent answers together */
    MAX_JOB_BYTES = 32 << 20,           /* of waiting requests, parsed or not */
    READ_AT_ONCE = 64 << 10             /* bytes of a message that the server's thread parses itself */
};

typedef struct unread_message {
    char *bytes;
    size_t size;
} unread_message;

typedef struct client client;
struct client {
    shared *shared;
    client_slot *slot;
    pthread_mutex_t lock;               /* never held while something is parsed, rendered, read or sent */
    pthread_cond_t changed;
    atomic_bool ready;                  /* see client_is_ready() */
    atomic_bool closing;                /* set under the lock */
    live live;                          /* used by the worker only */
    size_t due;                         /* used by the worker only: places reserved for answers that it still owes */
    bool render_last;                   /* used by the worker only: its last request was a render */

    /* The rest is protected by the lock. Messages that the reader thread has to parse: */
    unread_message unread[MAX_JOBS];    /* a ring */
    size_t first_unread, unread_count, unread_bytes;
    bool has_reader;                    /* the thread runs */
    bool reading;                       /* it parses a message */

    /* Requests for the worker: */
    message *render;                    /* the newest that is not started, or NULL */
    double render_came;                 /* when, in seconds */
    message *jobs[MAX_JOBS];            /* all others in their order, a ring */
    size_t first_job, job_count, job_bytes;
    int models_waiting;                 /* jobs that change the model; renders after them wait for them */

    /* What can be cancelled: */
    gb_session *running;                /* or NULL */
    bool replaceable;                   /* by a newer render; closing cancels everything */

    /* What goes out: */
    send_queue sending;
    int failure;                        /* a WebSocket close code, or 0 */
    char reason[CLOSE_REASON];
};

/* Tells the server that client_is_ready(). Any thread of the client may call it, without the lock. */
void client_wake_server(client *c);
/* Lets the server close the connection. Any thread of the client may call it, without the lock. */
void client_fail(client *c, int code, const char *reason);

/* The most answers that a request may have. */
size_t max_answers(const message *m);

/* The worker: opens the session, works until the client closes, and frees the client. */
void *client_work(void *arg);
/* Its beginning and its end, for clients without threads. */
void client_begin(client *c);
void client_end(client *c);
void client_free(client *c);

#endif
