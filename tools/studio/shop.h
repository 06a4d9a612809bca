/* What all tabs of a studio share: the models, where things are kept, and the settings of its command line. Made by
 * studio.c before the first tab, changed by nobody after; only the list of works has a lock of its own. */
#ifndef GANBEND_STUDIO_SHOP_H
#define GANBEND_STUDIO_SHOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

enum { SHOP_MODEL_NAME = 64, SHOP_DESKS = 16, SHOP_WORK_NAME = 65, SHOP_TAB = 65 };

typedef struct shop_model {
    gb_model *model;
    char name[SHOP_MODEL_NAME];     /* its file's name without folder and ".gbw", as the page shows it; UTF-8 */
    const char *path;               /* as it was given; NULL for the model that is compiled in */
} shop_model;

/* The works that live tabs have open: no two tabs share one. works.h takes and gives back. */
typedef struct shop_works {
    pthread_mutex_t lock;
    struct shop_work {
        uint64_t ticket;                /* of the tab that holds it; 0 = a free place */
        char name[SHOP_WORK_NAME];
        char tab[SHOP_TAB];             /* what the page calls itself across connections, or "" */
    } held[SHOP_DESKS];
    uint64_t last_ticket;
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
} shop;

#endif
