/* The list of clients and the works that they have open. */
#include "works.h"

#include <stdio.h>
#include <string.h>

bool good_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < SHOP_WORK_NAME && *name != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-.") == length;
}

void init_works(shop_works *works) {
    pthread_mutex_init(&works->lock, NULL);
    pthread_cond_init(&works->released, NULL);
}

void free_works(shop_works *works) {
    pthread_cond_destroy(&works->released);
    pthread_mutex_destroy(&works->lock);
}

/* ------------------------------------------------------------------------------------------------ places */

shop_place *take_place(shop_works *works) {
    shop_place *place = NULL;
    pthread_mutex_lock(&works->lock);
    for (size_t i = 0; i < SHOP_DESKS && !place; i++)
        if (!works->places[i].taken) place = &works->places[i];
    if (place) place->taken = true;
    pthread_mutex_unlock(&works->lock);
    return place;
}

void close_place(shop_works *works, shop_place *place) {
    pthread_mutex_lock(&works->lock);
    place->closing = true;
    pthread_mutex_unlock(&works->lock);
}

void release_place(shop_works *works, shop_place *place) {
    pthread_mutex_lock(&works->lock);
    *place = (shop_place){0};
    pthread_cond_broadcast(&works->released);
    pthread_mutex_unlock(&works->lock);
}

static bool any_closing(const shop_works *works) {
    for (size_t i = 0; i < SHOP_DESKS; i++)
        if (works->places[i].closing) return true;
    return false;
}

void wait_for_closing(shop_works *works) {
    pthread_mutex_lock(&works->lock);
    while (any_closing(works)) pthread_cond_wait(&works->released, &works->lock);
    pthread_mutex_unlock(&works->lock);
}

/* ------------------------------------------------------------------------------------------------ works */

static shop_place *find_work(shop_works *works, const char *name) {
    for (size_t i = 0; i < SHOP_DESKS; i++)
        if (!strcmp(works->places[i].name, name)) return &works->places[i];
    return NULL;
}

void claim_work(shop_works *works, shop_place *place, const char *wanted, const char *tab, char name[SHOP_WORK_NAME]) {
    shop_place *holder;
    pthread_mutex_lock(&works->lock);
    *place->name = '\0';                    /* a client that waits holds nothing, so two never wait for each other */
    snprintf(name, SHOP_WORK_NAME, "%s", good_name(wanted) ? wanted : "work");
    while ((holder = find_work(works, name)) && holder->closing)
        pthread_cond_wait(&works->released, &works->lock);
    if (holder && *tab && !strcmp(holder->tab, tab)) {
        *holder->name = '\0';
    } else if (holder) {
        strcpy(name, "work");
        for (int k = 2; find_work(works, name); k++) snprintf(name, SHOP_WORK_NAME, "work-%d", k);
    }
    memcpy(place->name, name, SHOP_WORK_NAME);
    snprintf(place->tab, SHOP_TAB, "%s", tab);
    pthread_mutex_unlock(&works->lock);
}

bool holds_work(shop_works *works, shop_place *place) {
    bool holds;
    pthread_mutex_lock(&works->lock);
    holds = *place->name;
    pthread_mutex_unlock(&works->lock);
    return holds;
}
