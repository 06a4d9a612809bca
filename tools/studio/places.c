#include "places.h"

#include <stddef.h>

/* A free place, else that of the oldest connection without the token, else NULL. */
static place *choose(place *from, int count) {
    place *oldest = NULL;
    for (int i = 0; i < count; i++) {
        place *p = &from[i];
        if (!p->connection) return p;
        if (!p->known && (!oldest || p->order < oldest->order)) oldest = p;
    }
    return oldest;
}

place *place_take(place_list *all, void **leaving) {
    place *p = choose(all->at, PLACES_SERVED);
    bool crowded = !p;
    if (crowded) p = choose(all->at + PLACES_SERVED, PLACES_CROWDED);
    *leaving = p->connection;
    *p = (place){.order = ++all->arrived, .crowded = crowded};
    return p;
}

void place_free(place *p) {
    *p = (place){0};
}
