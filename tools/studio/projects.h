/* Names: of clients, which open clients hold one by one, and of files that a page may ask for. */
#ifndef GANBEND_STUDIO_PROJECTS_H
#define GANBEND_STUDIO_PROJECTS_H

#include <stdbool.h>

#include "shared.h"

/* 1 to 64 letters, digits, spaces, '_', '-' and '.', the first no dot: never a path. */
bool is_valid_name(const char *name);

void clients_init(client_list *clients);
void clients_free(client_list *clients);

/* A free slot for a new client, or NULL if all are taken. */
client_slot *client_slot_take(client_list *clients);
/* The connection has closed. Does not block. The client's worker still holds the slot and its work. */
void client_slot_close(client_list *clients, client_slot *slot);
/* The worker's last call: the slot and its work are free again. */
void client_slot_release(client_list *clients, client_slot *slot);
/* Waits until the workers of all closed clients have ended. */
void clients_wait_for_closing(client_list *clients);

/* Opens the work `wanted` if no other client has it, else "work", "work-2", …; writes its name. A client that names the
 * same `tab` as the holder takes the work over, because that is the same page on a new connection. If the holder is
 * closing, waits until its worker has ended, so that everything it had to write is written. */
void project_claim(client_list *clients, client_slot *slot, const char *wanted, const char *tab, char name[PROJECT_NAME]);
/* Whether the client still has a work open: another connection may have taken it over. */
bool project_is_held(client_list *clients, client_slot *slot);

#endif
