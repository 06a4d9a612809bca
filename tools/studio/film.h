/* A film in the making: frames into a hidden folder one by one, then that folder under its name, or what ffmpeg makes
 * of it. There is one at a time for each tab; what is not finished leaves nothing behind. */
#ifndef GANBEND_STUDIO_FILM_H
#define GANBEND_STUDIO_FILM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "desk.h"
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
    pid_t encoder;              /* 0: none runs */
    int output;                 /* what it says */
    int64_t id;                 /* of the message that waits for it */
    double heard;               /* when it last said something */
    int64_t encoded;            /* frames it has gone through */
    char line[256];             /* the last line it said, or the beginning of the next */
    char complaint[256];        /* the last that was no progress */
} film;

/* Ends what runs and removes what was made. */
void film_free(film *f);

typedef enum film_news { FILM_QUIET, FILM_FURTHER, FILM_ENDED } film_news;
/* Looks after ffmpeg, without waiting: how far it is, or the answer to the message that waits for it. */
film_news film_poll(film *f, parcel *p);

#endif
