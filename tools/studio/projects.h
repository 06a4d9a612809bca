/* The list of clients and the projects that they have open, and the rule for names of projects and files. */
#ifndef GANBEND_STUDIO_PROJECTS_H
#define GANBEND_STUDIO_PROJECTS_H

#include <stdbool.h>

#include "shared.h"

/* 1 to 64 bytes of letters of any script, digits, spaces, '_', '-' and '.', not starting with a dot: never a path. */
bool is_valid_name(const char *name);
/* The nearest valid name: '-' in place of what a name cannot have; "project" if nothing is left. */
void make_valid_name(const char *wanted, char name[PROJECT_NAME]);

void clients_init(client_list *clients);
void clients_free(client_list *clients);

/* A free slot for a new client, or NULL if all are taken. */
client_slot *client_slot_take(client_list *clients);
/* The slot's place in the list. */
size_t client_slot_index(const client_list *clients, const client_slot *slot);
/* The connection is gone, but the client's worker still holds the slot and its project. Does not block. */
void client_slot_close(client_list *clients, client_slot *slot);
/* The worker's last call: frees the slot and its project. */
void client_slot_release(client_list *clients, client_slot *slot);
/* Waits until the workers of all closed clients have ended. */
void clients_wait_for_closing(client_list *clients);

/* Opens the project `wanted`, or one of the nearest valid name, if no other client has it, else "project", "project-2", …, and
 * writes its name. A client with
 * the same `tab` as the holder takes the project over, because it is the same page on a new connection. If the holder is
 * closing or writing, this waits until it has written everything. */
void project_claim(client_list *clients, client_slot *slot, const char *wanted, const char *tab,
                   char name[PROJECT_NAME]);
/* False if the client no longer has its project: another connection has taken it over. Otherwise it keeps it until it has
 * ended writing. */
bool project_begin_writing(client_list *clients, client_slot *slot);
void project_end_writing(client_list *clients, client_slot *slot);
/* Whether a client has the project of this name open and would not give it to `asking`: an earlier connection of the same page would. */
bool project_is_open(client_list *clients, const client_slot *asking, const char *name);
/* The client has no project any more: another one may have it. */
void project_release(client_list *clients, client_slot *slot);

#endif
