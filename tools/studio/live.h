/* The live state of a client: its current model, the session, and the recipe that the session is set to. Only the client's
 * worker uses it; worker.c decides when a render may be cancelled. */
#ifndef GANBEND_STUDIO_LIVE_H
#define GANBEND_STUDIO_LIVE_H

#include <stdatomic.h>

#include "analysis.h"
#include "tools/bending/recipes.h"
#include "film.h"
#include "tools/inputs/inputs.h"
#include "encoder.h"
#include "tools/inputs/open_model.h"
#include "shared.h"
#include "upload.h"

enum { LIVE_PREVIEWS = 8 };

typedef struct live {
    shared *shared;
    size_t at;                  /* of shared->models */
    loaded_model o;                   /* the same, as the command line's functions take it */
    gb_session *session;
    bending bent;               /* the recipe that the session is set to, if any */
    inputs in;
    uint8_t *pixels;            /* [height, width, channels], of the last render */
    uint8_t *rgb;               /* [height, width, 3]: the same for display; equals `pixels` if there are 3 channels */
    float *planes;              /* [channels, height, width] of a preview */
    uint8_t *preview_pixels, *preview;      /* the same as `pixels` and `rgb`, of a preview, which may have the full size */
    struct { int side, height, width; gb_node node; } previews[LIVE_PREVIEWS];     /* running pictures, smallest first;
                                                                                       `side` is the block's number */
    int preview_count;
    double *seconds, *bf16_seconds;     /* per node of the model: the time that it and its bends took last, in full
                                         * precision and in bfloat16 */
    bool bf16;                  /* previews may be computed in bfloat16: its times are known */
    bool bf16_untried;          /* they are to be measured */
    encoder encoder;
    film film;
    analysis analysis;
    upload upload;
    char project[PROJECT_NAME]; /* that the page has open, "" before its `hello` */
    client_slot *slot;          /* of this client in the list of clients */
    const atomic_bool *closing; /* the client is closing: everything that takes time ends with GB_CANCELLED */
    char *recipe_name;          /* the name of the page's recipe in error messages: a file in the output folder */
} live;

/* Opens a session on the first model. `slot` and `closing` must outlive `s`. live_close() may be called after a failure. `wake`
 * is called by an analysis that has news. */
gb_status live_open(live *s, shared *of, client_slot *slot, const atomic_bool *closing, void (*wake)(void *arg), void *wake_arg,
                    gb_error *err);
void live_close(live *s);
/* Opens a session on another model, or a new one on the same. After a failure the old session remains. */
gb_status live_choose(live *s, size_t model, gb_error *err);

/* Sets the session to a recipe, completely or not at all. */
gb_status live_set(live *s, const char *recipe, gb_error *err);
/* err->message for the page's user, without the recipe's name. *line and *column are the place in the recipe, 0 if it names
 * none. */
const char *live_error_text(const live *s, const gb_error *err, int *line, int *column);

/* Renders the picture into s->pixels and s->rgb. */
gb_status live_render(live *s, gb_error *err);
/* A preview. It is never saved, compared or kept: another render follows it. */
typedef struct preview {
    int side;                   /* 0: none */
    bool bf16;                  /* in bfloat16; then it may be of the whole picture */
} preview;
/* The preview to show first, if one is needed because what follows `after` is slow. `after` is the side of a preview that is
 * already there, or 0. */
preview live_choose_preview(const live *s, int after);
/* The size in pixels of the preview of this side. */
void live_preview_size(const live *s, int side, int *height, int *width);
/* Renders a preview into s->preview. *changed is false if no step ran, because the change is after it. */
gb_status live_preview(live *s, preview which, bool *changed, gb_error *err);
/* Whether the times in bfloat16 should be measured now: the network is so slow that it needs previews. */
bool live_should_try_bf16(const live *s);
/* Measures them with a session of its own. If it is cancelled they are still to be measured. */
gb_status live_new_trial(live *s, gb_session **trial, gb_error *err);
gb_status live_try_bf16(live *s, gb_session *trial, gb_error *err);
/* Renders the values of nodes with the recipe that the session is set to. The caller frees each. The session's taps are left
 * as they were. */
gb_status live_read(live *s, const gb_node *nodes, size_t count, float **values, gb_error *err);
/* Finds a node by the name in a message. */
gb_status live_find(const live *s, const char *name, gb_node *node, gb_node_info *info, gb_error *err);

#endif
