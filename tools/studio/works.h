/* Names: of works, which open clients hold one by one, and of files that a page may ask for. */
#ifndef GANBEND_STUDIO_WORKS_H
#define GANBEND_STUDIO_WORKS_H

#include <stdbool.h>

#include "shop.h"

/* 1 to 64 letters, digits, spaces, '_', '-' and '.', the first no dot: never a path. */
bool good_name(const char *name);

void init_works(shop_works *works);
void free_works(shop_works *works);

/* A free place for a new client, or NULL if all are taken. */
shop_place *take_place(shop_works *works);
/* The connection has closed. Does not block. The client's worker still holds the place and its work. */
void close_place(shop_works *works, shop_place *place);
/* The worker's last call: the place and its work are free again. */
void release_place(shop_works *works, shop_place *place);
/* Waits until the workers of all closed clients have ended. */
void wait_for_closing(shop_works *works);

/* Opens the work `wanted` if no other client has it, else "work", "work-2", …; writes its name. A client that names the
 * same `tab` as the holder takes the work over, because that is the same page on a new connection. If the holder is
 * closing, waits until its worker has ended, so that everything it had to write is written. */
void claim_work(shop_works *works, shop_place *place, const char *wanted, const char *tab, char name[SHOP_WORK_NAME]);
/* Whether the client still has a work open: another connection may have taken it over. */
bool holds_work(shop_works *works, shop_place *place);

#endif
