/* A film in the making: frames into a hidden folder one by one, then that folder under its name, or what ffmpeg makes
 * of it. There is one at a time for each tab; what is not finished leaves nothing behind. */
#ifndef GANBEND_STUDIO_FILM_H
#define GANBEND_STUDIO_FILM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"
#include "tools/pictures/pictures.h"

typedef struct film {
    bool open;
    size_t model;               /* of which its frames are pictures */
    char file[80];              /* its name, with the extension of what ffmpeg makes */
    char frames[PATH_ROOM];     /* the hidden folder */
    char beside[PATH_ROOM];     /* what ffmpeg writes to */
    char path[PATH_ROOM];       /* where either of them goes */
    const char *format;
    int64_t fps, wanted, made;
    bool dropped;               /* while ffmpeg worked on it; the `cut` that waits is still to be answered */
    pid_t encoder;              /* 0: none runs */
    int output;                 /* what it says */
    int64_t id;                 /* of the `cut` that waits for ffmpeg, or 0 */
    double heard;               /* when it last said something */
    int64_t encoded;            /* frames it has gone through */
    char line[256];             /* the last line it said, or the beginning of the next */
    char complaint[256];        /* the last that was no progress */
} film;

/* Ends what runs and removes what was made. */
void film_free(film *f);

/* Whether the answer to a `cut` is still to come, from film_poll(). */
bool film_waits(const film *f);

typedef enum film_news { FILM_QUIET, FILM_PROGRESS, FILM_ENDED } film_news;
/* Looks after ffmpeg, without waiting: how far it is, or the answer to the `cut` that waits for it (FILM_ENDED; the
 * outgoing stays empty if there is no memory for it). */
film_news film_poll(film *f, outgoing *p);

#endif
