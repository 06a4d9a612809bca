/* What all clients of a studio share: the models, the output folder, and the settings of its command line. studio.c fills
 * it in before the first client connects and nothing changes it later, except the list of clients, which has a lock. */
#ifndef GANBEND_STUDIO_SHOP_H
#define GANBEND_STUDIO_SHOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

enum { SHOP_MODEL_NAME = 64, SHOP_DESKS = 16, SHOP_WORK_NAME = 65, SHOP_TAB = 65 };

typedef struct shop_model {
    gb_model *model;
    char name[SHOP_MODEL_NAME];     /* its file's name without folder and ".gbw", as the page shows it; UTF-8 */
    const char *path;               /* as it was given; NULL for the model that is compiled in */
} shop_model;

/* One client: from the moment its connection opens until its worker thread has ended, which may be later than the
 * connection. */
typedef struct shop_place {
    bool taken;
    bool closing;                       /* the connection is gone; the worker is still finishing */
    char name[SHOP_WORK_NAME];          /* the work that the client has open, or "" */
    char tab[SHOP_TAB];                 /* identifies the page across connections, or "" */
} shop_place;

/* All clients. No two of them have the same work open. See works.h. */
typedef struct shop_works {
    pthread_mutex_t lock;
    pthread_cond_t released;            /* a worker has ended */
    shop_place places[SHOP_DESKS];
} shop_works;

typedef struct shop {
    gb_context *context;
    shop_model *models;
    size_t model_count;     /* at least 1 */
    const char *out;        /* folder of recipes, pictures, films and works; made when something is first kept */
    size_t keep_bytes;      /* of each tab's session */
    int quality;            /* of frames where a render does not say, 1 to 100 */
    bool ffmpeg;            /* it is in the PATH */
    const char *device;     /* the GPU's name, or "cpu" */
    shop_works works;
    void (*wake)(void *arg);    /* called from any thread: a client has something to send; see desk_is_ready() */
    void *wake_arg;
} shop;

#endif
