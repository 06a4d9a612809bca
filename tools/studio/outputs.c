/* What the audience sees of each tab. */
#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void outputs_init(output_list *all) {
    *all = (output_list){0};
    pthread_mutex_init(&all->lock, NULL);
}

void output_picture_drop(output_picture *picture) {
    if (!picture || atomic_fetch_sub(&picture->users, 1) != 1) return;
    free(picture->rgb);
    free(picture);
}

void outputs_free(output_list *all) {
    for (size_t i = 0; i < MAX_CLIENTS; i++) {
        output_picture_drop(all->tabs[i].picture);
        output_picture_drop(all->tabs[i].behind);
    }
    pthread_mutex_destroy(&all->lock);
}

/* ------------------------------------------------------------------------------------------------ tabs */

void outputs_open(output_list *all, size_t tab, const char *project) {
    struct tab_output *to = &all->tabs[tab], before;
    pthread_mutex_lock(&all->lock);
    before = *to;
    *to = (struct tab_output){0};
    if (project) snprintf(to->project, sizeof to->project, "%s", project);
    all->looks++;
    pthread_mutex_unlock(&all->lock);
    output_picture_drop(before.picture);
    output_picture_drop(before.behind);
}

static output_picture *copy_picture(const output_list *all, const outgoing *frame, const uint8_t *rgb, int width, int height) {
    size_t pixels = (size_t)width * (size_t)height * 3;
    output_picture *made = malloc(sizeof *made + frame->size);
    if (!made) return NULL;
    made->rgb = all->keeps_rgb ? malloc(pixels) : NULL;
    if (all->keeps_rgb && !made->rgb) {
        free(made);
        return NULL;
    }
    atomic_init(&made->users, 1);
    made->width = width;
    made->height = height;
    made->size = frame->size;
    memcpy(made->message, frame->bytes, frame->size);
    if (made->rgb) memcpy(made->rgb, rgb, pixels);
    return made;
}

void outputs_show(output_list *all, size_t tab, const outgoing *frame, const uint8_t *rgb, int width, int height) {
    struct tab_output *to = &all->tabs[tab];
    output_picture *made = copy_picture(all, frame, rgb, width, height), **place, *before;
    if (!made) return;
    pthread_mutex_lock(&all->lock);
    made->number = ++all->number;
    place = to->look.freeze && to->picture ? &to->behind : &to->picture;
    before = *place;
    *place = made;
    pthread_mutex_unlock(&all->lock);
    output_picture_drop(before);
}

void outputs_look(output_list *all, size_t tab, output_look look) {
    struct tab_output *to = &all->tabs[tab];
    output_picture *before = NULL;
    pthread_mutex_lock(&all->lock);
    to->look = look;
    if (!look.freeze && to->behind) {
        before = to->picture;
        to->picture = to->behind;
        to->behind = NULL;
    }
    all->looks++;
    pthread_mutex_unlock(&all->lock);
    output_picture_drop(before);
}

/* ------------------------------------------------------------------------------------------------ views */

/* Two tabs have the same project for a moment, when a page comes back on a new connection: the newer picture counts. */
static int choose_tab(const output_list *all, const output_view *view) {
    int found = -1;
    if (!*view->wanted && view->tab >= 0 && *all->tabs[view->tab].project) return view->tab;
    for (int i = 0; i < MAX_CLIENTS; i++) {
        const struct tab_output *each = &all->tabs[i];
        if (!*each->project || !each->picture || (*view->wanted && strcmp(view->wanted, each->project))) continue;
        if (found < 0 || each->picture->number > all->tabs[found].picture->number) found = i;
    }
    return found;
}

output_picture *output_picture_take(output_list *all, output_view *view) {
    output_picture *picture = NULL;
    pthread_mutex_lock(&all->lock);
    view->tab = choose_tab(all, view);
    *view->project = '\0';
    view->look = (output_look){0};
    if (view->tab >= 0) {
        const struct tab_output *from = &all->tabs[view->tab];
        memcpy(view->project, from->project, PROJECT_NAME);
        view->look = from->look;
        picture = from->picture;
        if (picture) atomic_fetch_add(&picture->users, 1);
    }
    pthread_mutex_unlock(&all->lock);
    return picture;
}
