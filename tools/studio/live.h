/* What a tab's worker works on: the model at hand, its session, and the recipe the session is set to. The worker's
 * thread alone touches it; client.c says when a render may be cancelled. */
#ifndef GANBEND_STUDIO_LIVE_H
#define GANBEND_STUDIO_LIVE_H

#include <stdatomic.h>

#include "tools/bending/recipes.h"
#include "film.h"
#include "tools/inputs/inputs.h"
#include "jpeg.h"
#include "tools/inputs/open_model.h"
#include "shared.h"

enum { LIVE_PREVIEWS = 8 };

typedef struct live {
    shared *shared;
    size_t at;                  /* of shared->models */
    opened o;                   /* the same, as the command line's handlers take it */
    gb_session *session;
    bending bent;               /* the recipe that the session is set to; none before the first */
    inputs in;
    uint8_t *pixels;            /* [height, width, channels], of the last render */
    uint8_t *rgb;               /* [height, width, 3]: the same as it is shown; `pixels` itself if there are 3 channels */
    float *planes;              /* [channels, height, width] of a preview */
    uint8_t *preview_pixels, *preview;      /* the same as `pixels` and `rgb`, of a preview */
    struct { int side, height, width; gb_node node; } previews[LIVE_PREVIEWS];     /* running pictures, smallest first;
                                                                                       `side` is the block's number */
    int preview_count;
    double *seconds;            /* per node of the model: what it and its bends took last */
    jpeg jpeg;
    film film;
    char project[PROJECT_NAME];  /* "" before the page said hello */
    client_slot *slot;          /* of this client in the list of clients */
    const atomic_bool *closing; /* the client is closing: whatever takes time ends with GB_CANCELLED */
    char *recipe_name;          /* what recipes of the page are called in messages: a file of the shared's folder */
} live;

/* `slot` and `closing` must outlive the live. */
gb_status live_open(live *s, shared *of, client_slot *slot, const atomic_bool *closing, gb_error *err);
void live_close(live *s);
/* Another model, or the same anew. A failure leaves the one at hand. */
gb_status live_choose(live *s, size_t model, gb_error *err);

/* Sets the session to a recipe, all of it or nothing. */
gb_status live_set(live *s, const char *recipe, gb_error *err);
/* The line of err->message that a person of the page can use: without the recipe's name, whose line and column are in
 * *line and *column, 0 where it speaks of none. */
const char *live_error_text(const live *s, const gb_error *err, int *line, int *column);

/* The picture into s->pixels and s->rgb. */
gb_status live_render(live *s, gb_error *err);
/* The picture on the way that a person should see first, 0 for none: where what follows `after`, another one of them or
 * 0, takes long. */
int live_preview_side(const live *s, int after);
/* The size of that picture. */
void live_preview_size(const live *s, int side, int *height, int *width);
/* It into s->preview. *anew is false where no step ran: the change lies behind it. */
gb_status live_preview(live *s, int side, bool *anew, gb_error *err);
/* The values of nodes with the recipe the session is set to, each to be freed. The session's taps are as before after
 * it. */
gb_status live_read(live *s, const gb_node *nodes, size_t count, float **values, gb_error *err);
/* A node that messages name, with what is known of it. */
gb_status live_find(const live *s, const char *name, gb_node *node, gb_node_info *info, gb_error *err);

#endif
