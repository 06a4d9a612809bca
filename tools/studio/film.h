/* Rendering a film: frames are written one by one to an unfinished folder (folder.h), which is then renamed, packed
 * into a ZIP, or encoded by ffmpeg. Each client has one film at a time. The film gets its final name when it is finished, because another one of that
 * name may be finished first. */
#ifndef GANBEND_STUDIO_FILM_H
#define GANBEND_STUDIO_FILM_H

#include <stdbool.h>
#include <stdint.h>

#include "outgoing.h"
#include "tools/pictures/pictures.h"
#include "tools/program/process.h"

typedef struct film_format {
    const char *name;           /* as messages have it */
    const char *ext;            /* of its files; "" for a folder of frames */
    bool encoded;               /* by ffmpeg; otherwise the frames stay as they are */
} film_format;

typedef struct film {
    bool open;
    size_t model;               /* that renders the frames */
    const char *out;            /* the studio's output folder */
    char name[65];              /* as it was asked for */
    char file[80];              /* with "-2", "-3", … if that is taken, and the extension of its format */
    char frames[PATH_ROOM];     /* the unfinished folder */
    char beside[PATH_ROOM];     /* the unfinished file that ffmpeg writes */
    const film_format *format;
    int64_t fps, wanted, made;
    int64_t width, height;      /* to which ffmpeg scales the frames; 0: theirs */
    bool discarded;             /* while ffmpeg was encoding it; the `finish` that waits has no answer yet */
    process encoder;            /* ffmpeg, or 0 */
    int output;                 /* a pipe from its standard output and error */
    int64_t id;                 /* of the `finish` that waits for ffmpeg, or 0 */
    double last_output;         /* when it last wrote something */
    int64_t encoded;            /* frames encoded so far */
    char line[256];             /* of its output, as far as it has been read */
    char error[256];            /* its last error message */
} film;

/* A format by a name that a message may have. */
const film_format *film_format_named(const char *name);
/* Chooses f->file: the name, or the next one that is free. */
gb_status film_name(film *f, gb_error *err);
/* Moves the unfinished file or folder to f->file, or to the next name if that has been taken meanwhile. */
gb_status film_publish(film *f, const char *unfinished, gb_error *err);
/* The path of a frame, counted from 0. */
gb_status film_frame_path(const film *f, int64_t index, char path[PATH_ROOM], gb_error *err);
/* Makes the file of a film that is not encoded, and moves it to its name. */
gb_status film_finish(film *f, gb_error *err);
/* Starts ffmpeg on the frames. film_poll() tells when it has ended. */
gb_status film_encode(film *f, gb_error *err);
/* Ends a film that is to be dropped. If ffmpeg is encoding it, film_poll() answers the `finish` that waits. */
void film_discard(film *f);
/* Removes the frames and forgets the film. */
void film_close(film *f);
/* Kills ffmpeg and removes unfinished files. */
void film_free(film *f);

/* Whether film_poll() has still to answer a `finish`. */
bool film_waits(const film *f);

typedef enum film_news { FILM_QUIET, FILM_PROGRESS, FILM_ENDED } film_news;
/* Checks on ffmpeg without blocking. Packs its progress (FILM_PROGRESS), or the answer to the `finish` that waits for it
 * (FILM_ENDED; *p stays empty if there is no memory for the answer). */
film_news film_poll(film *f, outgoing *p);

#endif
