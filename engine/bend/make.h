/* Makes an entry of a session's list of bends from the options of a bend. */
#ifndef GB_ENGINE_BEND_MAKE_H
#define GB_ENGINE_BEND_MAKE_H

#include "bends.h"

/* The part of a session that a bend depends on. */
typedef struct gb_bend_scope {
    const gb_graph *graph;      /* the model's */
    int batch;
    const gb_allocator *allocator;      /* the context's, or NULL */
    uint64_t *last_id;          /* the session's counter of ids and versions */
} gb_bend_scope;

/* Makes an entry with one reference. `others` is the number of places of the session's other bends, `image` the image
 * of a series for which random features are drawn. */
gb_status gb_bend_make(const gb_bend_scope *scope, const gb_bend_options *options, gb_bend id, int others,
                       uint64_t image, gb_bend_entry **entry, gb_error *err);

#endif
