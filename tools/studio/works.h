/* Names: of works, which live tabs hold one by one, and of files that a page may ask for. */
#ifndef GANBEND_STUDIO_WORKS_H
#define GANBEND_STUDIO_WORKS_H

#include <stdbool.h>
#include <stdint.h>

#include "shop.h"

/* 1 to 64 letters, digits, spaces, '_', '-' and '.', the first no dot: never a path. */
bool good_name(const char *name);

/* The wanted name where it is free, else "work", "work-2", …; a tab that says the same `tab` as the holder takes it
 * over, for that is the same page on a new connection. False where there is no free place. */
bool claim_work(shop_works *works, const char *wanted, const char *tab, char name[SHOP_WORK_NAME], uint64_t *ticket);
/* Whether the ticket's work is still held by it. */
bool holds_work(shop_works *works, uint64_t ticket);
void release_work(shop_works *works, uint64_t ticket);

#endif
