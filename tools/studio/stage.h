/* What a tab's worker works on: the model at hand, its session, and the recipe the session is set to. The worker's
 * thread alone touches it; desk.c says when a render may be cancelled. */
#ifndef GANBEND_STUDIO_STAGE_H
#define GANBEND_STUDIO_STAGE_H

#include <stdatomic.h>

#include "tools/bending/recipes.h"
#include "film.h"
#include "tools/inputs/inputs.h"
#include "jpeg.h"
#include "tools/inputs/open_model.h"
#include "shop.h"

enum { STAGE_PREVIEWS = 8 };

typedef struct stage {
    shop *shop;
    size_t at;                  /* of shop->models */
    opened o;                   /* the same, as the command line's rooms take it */
    gb_session *session;
    bending bent;               /* the recipe that the session is set to; none before the first */
    inputs in;
    uint8_t *pixels;            /* [height, width, channels], of the last render */
    uint8_t *rgb;               /* [height, width, 3]: the same as it is shown; `pixels` itself if there are 3 channels */
    float *planes;              /* [channels, height, width] of a preview */
    uint8_t *preview_pixels, *preview;      /* the same as `pixels` and `rgb`, of a preview */
    struct { int side, height, width; gb_node node; } previews[STAGE_PREVIEWS];     /* running pictures, smallest first;
                                                                                       `side` is the block's number */
    int preview_count;
    double *seconds;            /* per node of the model: what it and its bends took last */
    jpeg jpeg;
    film film;
    char work[SHOP_WORK_NAME];  /* "" before the page said hello */
    shop_place *place;          /* of this client in the list of clients */
    const atomic_bool *closing; /* the client is closing: whatever takes time ends with GB_CANCELLED */
    char *recipe_name;          /* what recipes of the page are called in messages: a file of the shop's folder */
} stage;

/* `place` and `closing` must outlive the stage. */
gb_status stage_new(stage *s, shop *of, shop_place *place, const atomic_bool *closing, gb_error *err);
void stage_free(stage *s);
/* Another model, or the same anew. A failure leaves the one at hand. */
gb_status stage_choose(stage *s, size_t model, gb_error *err);

/* Sets the session to a recipe, all of it or nothing. */
gb_status stage_set(stage *s, const char *recipe, gb_error *err);
/* The line of err->message that a person of the page can use: without the recipe's name, whose line and column are in
 * *line and *column, 0 where it speaks of none. */
const char *stage_complaint(const stage *s, const gb_error *err, int *line, int *column);

/* The picture into s->pixels and s->rgb. */
gb_status stage_render(stage *s, gb_error *err);
/* The picture on the way that a person should see first, 0 for none: where what follows `after`, another one of them or
 * 0, takes long. */
int stage_preview_side(const stage *s, int after);
/* The size of that picture. */
void stage_preview_size(const stage *s, int side, int *height, int *width);
/* It into s->preview. *anew is false where no step ran: the change lies behind it. */
gb_status stage_preview(stage *s, int side, bool *anew, gb_error *err);
/* The values of nodes with the recipe the session is set to, each to be freed. The session's taps are as before after
 * it. */
gb_status stage_read(stage *s, const gb_node *nodes, size_t count, float **values, gb_error *err);
/* A node that messages name, with what is known of it. */
gb_status stage_find(const stage *s, const char *name, gb_node *node, gb_node_info *info, gb_error *err);

#endif
