/* The places of the server's connections. A stranger can open connections and say nothing, so no place is kept for one that
 * has not shown the token: the newest connection takes the place of the oldest such one. Only connections that know the token
 * can fill the server, and then others get a short answer from places of their own. */
#ifndef GANBEND_STUDIO_PLACES_H
#define GANBEND_STUDIO_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "sizes.h"

enum {
    PLACES_SERVED = 32,         /* tabs and requests for files */
    PLACES_CROWDED = 16,        /* connections that are told to come later */
    PLACES = PLACES_SERVED + PLACES_CROWDED
};

typedef struct place {
    void *connection;           /* as the server knows it; NULL if the place is free */
    uint64_t order;             /* of arrival */
    bool known;                 /* it has shown the token */
    bool crowded;               /* it is told to come later */
    bool watches;               /* it becomes an output window */
    char project[PROJECT_NAME]; /* of the tab that the window follows, or "" */
} place;

typedef struct place_list {
    place at[PLACES];           /* first those that are served */
    uint64_t arrived;
} place_list;

/* The place of a new connection, whose `connection` is NULL until the server sets it. *leaving is the connection that had it,
 * which the server closes, or NULL. Never NULL. */
place *place_take(place_list *all, void **leaving);
void place_free(place *p);

#endif
