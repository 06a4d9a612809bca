/* From the options of a bend to an entry of a session's list. */
#ifndef GB_ENGINE_BEND_MAKE_H
#define GB_ENGINE_BEND_MAKE_H

#include "bends.h"

/* What a bend is made for. */
typedef struct gb_bend_scope {
    const gb_graph *graph;      /* the model's */
    int batch;
    uint64_t *last_id;          /* counts the values and versions of the session */
} gb_bend_scope;

/* An entry that is in no list yet, with one user. `others` is the number of boundaries with other bends of the session,
 * `image` the image of a series that random features are drawn for. */
gb_status gb_bend_make(const gb_bend_scope *scope, const gb_bend_options *options, gb_bend id, int others, uint64_t image,
                       gb_bend_entry **entry, gb_error *err);

#endif
