/* The list of clients and their projects. */
#include "projects.h"

#include <stdio.h>
#include <string.h>


/* Bytes of the character at `c` if a name can have it, else 0. *size gets its bytes in any case. */
static size_t name_character(const char *c, size_t *size) {
    const unsigned char *b = (const unsigned char *)c;
    char one[5] = "", printable[5];
    *size = b[0] < 0x80 ? 1 : b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    for (size_t i = 1; i < *size; i++)
        if ((b[i] & 0xc0) != 0x80) return *size = i, 0;
    if (b[0] < 0x80) {
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        return letter || strchr("-_. ", *c);
    }
    memcpy(one, c, *size);
    memcpy(printable, one, sizeof one);
    gb_make_printable(printable);               /* changes control, direction and zero-width characters, and bad UTF-8 */
    return strcmp(one, printable) ? 0 : *size;
}

bool is_valid_name(const char *name) {
    size_t length = strlen(name), size;
    if (!length || length >= PROJECT_NAME || *name == '.') return false;
    for (const char *c = name; *c; c += size)
        if (!name_character(c, &size)) return false;
    return true;
}

void make_valid_name(const char *wanted, char name[PROJECT_NAME]) {
    size_t used = 0, size;
    bool any = false;
    for (const char *c = wanted; *c; c += size) {
        size_t good = name_character(c, &size);
        if (used + (good ? good : 1) >= PROJECT_NAME) break;
        if (good && !(used == 0 && *c == '.')) memcpy(name + used, c, good), used += good, any = true;
        else name[used++] = '-';
    }
    name[used] = '\0';
    if (!any) strcpy(name, "project");
}

void clients_init(client_list *clients) {
    pthread_mutex_init(&clients->lock, NULL);
    pthread_mutex_init(&clients->naming, NULL);
    pthread_cond_init(&clients->released, NULL);
}

void clients_free(client_list *clients) {
    pthread_cond_destroy(&clients->released);
    pthread_mutex_destroy(&clients->naming);
    pthread_mutex_destroy(&clients->lock);
}

/* ------------------------------------------------------------------------------------------------ slots */

client_slot *client_slot_take(client_list *clients) {
    client_slot *slot = NULL;
    pthread_mutex_lock(&clients->lock);
    for (size_t i = 0; i < MAX_CLIENTS && !slot; i++)
        if (!clients->slots[i].taken) slot = &clients->slots[i];
    if (slot) slot->taken = true;
    pthread_mutex_unlock(&clients->lock);
    return slot;
}

size_t client_slot_index(const client_list *clients, const client_slot *slot) {
    return (size_t)(slot - clients->slots);
}

void client_slot_close(client_list *clients, client_slot *slot) {
    pthread_mutex_lock(&clients->lock);
    slot->closing = true;
    pthread_mutex_unlock(&clients->lock);
}

void client_slot_release(client_list *clients, client_slot *slot) {
    pthread_mutex_lock(&clients->lock);
    *slot = (client_slot){0};
    pthread_cond_broadcast(&clients->released);
    pthread_mutex_unlock(&clients->lock);
}

static bool any_closing(const client_list *clients) {
    for (size_t i = 0; i < MAX_CLIENTS; i++)
        if (clients->slots[i].closing) return true;
    return false;
}

void clients_wait_for_closing(client_list *clients) {
    pthread_mutex_lock(&clients->lock);
    while (any_closing(clients)) pthread_cond_wait(&clients->released, &clients->lock);
    pthread_mutex_unlock(&clients->lock);
}

/* ------------------------------------------------------------------------------------------------ projects */

static client_slot *find_project(client_list *clients, const char *name) {
    for (size_t i = 0; i < MAX_CLIENTS; i++)
        if (!strcmp(clients->slots[i].name, name)) return &clients->slots[i];
    return NULL;
}

void project_claim(client_list *clients, client_slot *slot, const char *wanted, const char *tab,
                   char name[PROJECT_NAME]) {
    client_slot *holder;
    pthread_mutex_lock(&clients->lock);
    *slot->name = '\0';             /* a waiting client holds no project, so two never wait for each other */
    make_valid_name(wanted, name);
    while ((holder = find_project(clients, name)) && (holder->closing || holder->writing))
        pthread_cond_wait(&clients->released, &clients->lock);
    if (holder && *tab && !strcmp(holder->tab, tab)) {
        *holder->name = '\0';
    } else if (holder) {
        strcpy(name, "project");
        for (int k = 2; find_project(clients, name); k++) snprintf(name, PROJECT_NAME, "project-%d", k);
    }
    memcpy(slot->name, name, PROJECT_NAME);
    snprintf(slot->tab, PAGE_ID, "%s", tab);
    pthread_mutex_unlock(&clients->lock);
}

bool project_begin_writing(client_list *clients, client_slot *slot) {
    bool holds;
    pthread_mutex_lock(&clients->lock);
    holds = slot->writing = *slot->name;
    pthread_mutex_unlock(&clients->lock);
    return holds;
}

void project_end_writing(client_list *clients, client_slot *slot) {
    pthread_mutex_lock(&clients->lock);
    slot->writing = false;
    pthread_cond_broadcast(&clients->released);
    pthread_mutex_unlock(&clients->lock);
}

void project_release(client_list *clients, client_slot *slot) {
    pthread_mutex_lock(&clients->lock);
    *slot->name = '\0';
    pthread_cond_broadcast(&clients->released);
    pthread_mutex_unlock(&clients->lock);
}

bool project_is_open(client_list *clients, const client_slot *asking, const char *name) {
    const client_slot *holder;
    bool is_open;
    pthread_mutex_lock(&clients->lock);
    holder = find_project(clients, name);
    is_open = holder && !(holder != asking && *asking->tab && !strcmp(holder->tab, asking->tab));
    pthread_mutex_unlock(&clients->lock);
    return is_open;
}
