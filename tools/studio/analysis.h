/* What a client finds out about its network in the background: directions, units, the latent of a photo. It runs in a thread of its own while
 * the worker goes on rendering. A client has at most one analysis at a time, and at most one runs in the whole studio, so that
 * its memory is needed only once; the others wait for their turn. The client's worker calls these functions unless noted
 * otherwise. */
#ifndef GANBEND_STUDIO_ANALYSIS_H
#define GANBEND_STUDIO_ANALYSIS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "outgoing.h"
#include "shared.h"

typedef struct analysis analysis;

/* What is to be found out. `run` is called once, in the thread of the analysis: it returns the fields of the answer, or fills
 * *err. It passes analysis_goes_on() and the analysis to the library as callback for progress. `free` frees `of` afterwards, or
 * if the analysis could not be started. */
typedef struct analysis_task {
    gb_status (*run)(void *of, analysis *a, json_t **fields, gb_error *err);
    void (*free)(void *of);
    void *of;
    bool at_once;               /* does not wait until the analyses of other clients have ended */
} analysis_task;

struct analysis {
    client_list *clients;
    void (*wake)(void *arg);    /* called by the analysis' thread when there is something for analysis_poll() */
    void *wake_arg;

    int64_t id;                 /* of the request that waits for the answer; 0: there is no analysis */
    pthread_t thread;
    bool due;                   /* without threads: started, but not worked on yet */
    analysis_task task;
    atomic_bool stopped, keeps;
    atomic_bool has_news;

    pthread_mutex_t lock;       /* for what follows */
    bool ended;
    double share;               /* done, 0 to 1 */
    outgoing picture;           /* the newest one that has not been polled */
    json_t *fields;             /* of the answer; NULL if it failed */
    gb_error err;
};

/* `wake` must be callable until analysis_end() has returned. */
void analysis_init(analysis *a, client_list *clients, void (*wake)(void *arg), void *wake_arg);
/* Starts the thread. Takes over the task, also if it fails because there is an analysis already. */
gb_status analysis_start(analysis *a, int64_t id, analysis_task task, gb_error *err);
/* Where there are no threads (client_list.one_thread), the analysis that was started runs in here, if there is one. */
void analysis_work(analysis *a);
/* Lets a running analysis end at its next callback, with an error as answer, or with `keep`, if it can, with what it has found so
 * far. False if there is none. Does not block. */
bool analysis_stop(analysis *a, bool keep);
/* The callback for progress, called by the thread of the analysis: false once it has to end. `arg` is the analysis. */
bool analysis_goes_on(void *arg, double share);
/* For the thread of the analysis: whether to answer with what has been found, although it was stopped. */
bool analysis_keeps(const analysis *a);
/* For the thread of the analysis: whether the last picture has been polled; and a picture to be sent, which replaces one that
 * has not. */
bool analysis_wants_picture(analysis *a);
void analysis_show(analysis *a, outgoing picture);

/* Whether analysis_poll() has still to answer. */
bool analysis_waits(const analysis *a);
/* Whether analysis_poll() has something to say. Any thread may call it. */
bool analysis_has_news(const analysis *a);
typedef enum analysis_news { ANALYSIS_QUIET, ANALYSIS_PROGRESS, ANALYSIS_PICTURE, ANALYSIS_ENDED } analysis_news;
/* Packs progress, a picture, or the answer (*p stays empty if there is no memory for it), which does not name the folder `out`. */
analysis_news analysis_poll(analysis *a, const char *out, outgoing *p);

/* Stops the analysis, waits for its thread, and frees everything. */
void analysis_end(analysis *a);

#endif
