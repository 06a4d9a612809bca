/* Who works on what. */
#include "works.h"

#include <stdio.h>
#include <string.h>

bool good_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < SHOP_WORK_NAME && *name != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-.") == length;
}

static struct shop_work *find_work(shop_works *works, const char *name) {
    for (size_t i = 0; i < SHOP_DESKS; i++)
        if (works->held[i].ticket && !strcmp(works->held[i].name, name)) return &works->held[i];
    return NULL;
}

bool claim_work(shop_works *works, const char *wanted, const char *tab, char name[SHOP_WORK_NAME], uint64_t *ticket) {
    struct shop_work *place = NULL, *holder;
    pthread_mutex_lock(&works->lock);
    snprintf(name, SHOP_WORK_NAME, "%s", good_name(wanted) ? wanted : "work");
    holder = find_work(works, name);
    if (holder && *tab && !strcmp(holder->tab, tab)) place = holder;
    for (size_t i = 0; !place && i < SHOP_DESKS; i++)
        if (!works->held[i].ticket) place = &works->held[i];
    if (place && place != holder) {
        if (holder) strcpy(name, "work");
        for (int k = 2; find_work(works, name); k++) snprintf(name, SHOP_WORK_NAME, "work-%d", k);
    }
    if (place) {
        place->ticket = *ticket = ++works->last_ticket;
        memcpy(place->name, name, SHOP_WORK_NAME);
        snprintf(place->tab, SHOP_TAB, "%s", tab);
    }
    pthread_mutex_unlock(&works->lock);
    return place != NULL;
}

static struct shop_work *find_ticket(shop_works *works, uint64_t ticket) {
    for (size_t i = 0; ticket && i < SHOP_DESKS; i++)
        if (works->held[i].ticket == ticket) return &works->held[i];
    return NULL;
}

bool holds_work(shop_works *works, uint64_t ticket) {
    bool holds;
    pthread_mutex_lock(&works->lock);
    holds = find_ticket(works, ticket) != NULL;
    pthread_mutex_unlock(&works->lock);
    return holds;
}

void release_work(shop_works *works, uint64_t ticket) {
    struct shop_work *place;
    pthread_mutex_lock(&works->lock);
    place = find_ticket(works, ticket);
    if (place) *place = (struct shop_work){0};
    pthread_mutex_unlock(&works->lock);
}
