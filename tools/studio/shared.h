/* What all clients of a studio share: the models, the output folder, and the settings of its command line. studio.c fills
 * it in before the first client connects and nothing changes it later, except the lists of clients and of outputs, which
 * have locks, and the models, to which some are added. */
#ifndef GANBEND_STUDIO_SHARED_H
#define GANBEND_STUDIO_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

#include "sizes.h"
#include "osc_out.h"
#include "outputs.h"

typedef struct shared_model {
    gb_model *model;
    char name[MODEL_NAME];  /* as the page shows it: the file's name without folder and ".gbw"; UTF-8 */
    const char *path;       /* as it was given; NULL for a model that is compiled in */
    char *own_path;         /* the same if a page opened it: to be freed */
} shared_model;

/* One client: from the moment its connection opens until its worker thread has ended, which may be later than the
 * connection. */
typedef struct client_slot {
    bool taken;
    bool closing;               /* the connection is gone, and the worker is finishing */
    bool writing;               /* the project's file; meanwhile no other client can have the project */
    char name[PROJECT_NAME];    /* of the project that the client has open, or "" */
    char tab[PAGE_ID];          /* identifies the page across connections, or "" */
} client_slot;

/* All clients. No two of them have the same project open. See projects.h. */
typedef struct client_list {
    bool one_thread;            /* no threads are started: client_step() does all work. Set before the first client */
    pthread_mutex_t lock;
    pthread_cond_t released;    /* a worker has ended, or has written its project; an analysis has ended, or is to end */
    pthread_mutex_t naming;     /* held while saved files get their names */
    bool analysing;             /* an analysis runs; others wait for their turn */
    client_slot slots[MAX_CLIENTS];
} client_list;

typedef struct shared {
    gb_context *context;
    shared_model *models;       /* those that are counted do not change: checkpoints.h */
    atomic_size_t model_count;  /* at least 1 */
    size_t model_room;          /* that the array has; 0: none can be added */
    char *folders[MAX_FOLDERS];       /* that pages may open checkpoints from; the first is models/ in `out` */
    size_t folder_count;
    const char *out;        /* folder of recipes, pictures, films and projects; created when something is first written */
    size_t keep_bytes;      /* of each client's session */
    int quality;            /* of frames, 1 to 100, unless a render asks for another */
    bool bf16_previews;     /* previews may be computed in bfloat16 */
    bool ffmpeg;            /* ffmpeg is in the PATH */
    const char *device;     /* the GPU's name, or "cpu" */
    client_list clients;
    output_list outputs;
    osc_out osc_out;
    void (*wake)(void *arg);    /* called from any thread when a client_is_ready() */
    void *wake_arg;
} shared;

#endif
