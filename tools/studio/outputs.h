/* What the audience sees of each tab: its newest picture and how that is shown. Output windows (watcher.h) and --frames-to
 * (frames_out.h) take it from here at their own pace. The thread that renders only puts a copy in place of the one before, so
 * nobody who looks can slow it, and at most two pictures are kept for each tab. */
#ifndef GANBEND_STUDIO_OUTPUTS_H
#define GANBEND_STUDIO_OUTPUTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sizes.h"
#include "outgoing.h"

/* A picture, shared by all that show it and never changed. */
typedef struct output_picture {
    atomic_int users;
    uint64_t number;            /* increases with every picture of the program */
    int width, height;
    uint8_t *rgb;               /* [height, width, 3]; NULL unless output_list.keeps_rgb */
    size_t size;                /* of the message for output windows, which is that of the page */
    unsigned char message[];
} output_picture;

/* How the pictures of a tab are shown. */
typedef struct output_look {
    int black;                  /* 0: the picture, 255: black */
    bool freeze;                /* the picture stays as it is */
    bool fill;                  /* the picture covers the window and is cut off; otherwise all of it is seen */
} output_look;

typedef struct output_list {
    pthread_mutex_t lock;       /* never held while pictures are copied or sent */
    bool keeps_rgb;             /* set before the first picture */
    uint64_t number;            /* of the last picture */
    uint64_t looks;             /* changes of a look or a name so far */
    struct tab_output {
        char project[PROJECT_NAME];     /* "" if the tab has none, or there is no tab */
        output_picture *picture;        /* shown; NULL before the first */
        output_picture *behind;         /* the newest while the shown one is frozen, or NULL */
        output_look look;
    } tabs[MAX_CLIENTS];
} output_list;

void outputs_init(output_list *all);
void outputs_free(output_list *all);

/* The tab at this place has opened a project; NULL: it is gone. */
void outputs_open(output_list *all, size_t tab, const char *project);
/* Shows the message of a frame, and its pixels [height, width, 3]. Both are copied. Without memory the picture before stays. */
void outputs_show(output_list *all, size_t tab, const outgoing *frame, const uint8_t *rgb, int width, int height);
void outputs_look(output_list *all, size_t tab, output_look look);

/* Who looks at a tab: the one with this project, or with "" the one whose picture is newest, as long as that is open. */
typedef struct output_view {
    char wanted[PROJECT_NAME];
    int tab;                    /* -1: none yet */
    char project[PROJECT_NAME]; /* of the tab, or "" */
    output_look look;
} output_view;

/* The picture of the view's tab, which output_picture_drop() gives back, or NULL. Updates the rest of the view. */
output_picture *output_picture_take(output_list *all, output_view *view);
void output_picture_drop(output_picture *picture);

#endif
