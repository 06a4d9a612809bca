/* Recipes of a session, see told.h. */
#include "told.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mix.h"

static gb_told_text *text_new(const char *text) {
    size_t size = strlen(text) + 1;
    gb_told_text *copy = malloc(sizeof *copy + size);
    if (copy) {
        copy->references = 1;
        memcpy(copy->text, text, size);
    }
    return copy;
}

static gb_told_text *text_retain(gb_told_text *text) {
    text->references++;
    return text;
}

static void text_release(gb_told_text *text) {
    if (text && --text->references == 0)
        free(text);
}

gb_told *gb_told_retain(gb_told *told) {
    if (told)
        told->references++;
    return told;
}

void gb_told_release(gb_told *told) {
    if (!told || --told->references)
        return;
    for (int i = 0; i < told->count; i++) {
        text_release(told->recipes[i].text);
        text_release(told->recipes[i].set);
    }
    free(told);
}

static uint64_t hash_of(const gb_bend_list *bends) {
    uint64_t h = (uint64_t)bends->count;
    for (int i = 0; i < bends->count; i++)
        h = gb_mix(h, bends->entries[i]->content_hash);
    return h;
}

bool gb_told_is_complete(const gb_told_state *state, const gb_bend_list *bends) {
    return !bends->count || (state->told && state->bends == hash_of(bends));
}

/* A copy with one reference; empty for NULL. NULL if out of memory. */
static gb_told *copy_of(const gb_told *from) {
    gb_told *to = calloc(1, sizeof *to);
    if (!to)
        return NULL;
    to->references = 1;
    for (int i = 0; from && i < from->count; i++) {
        to->recipes[i] = from->recipes[i];
        text_retain(to->recipes[i].text);
        text_retain(to->recipes[i].set);
        to->count++;
    }
    return to;
}

static void replace(gb_told_state *state, const gb_bend_list *bends, gb_told *told) {
    gb_told_release(state->told);
    *state = (gb_told_state){told, hash_of(bends)};
}

bool gb_told_begin(gb_told_state *state, const gb_bend_list *bends) {
    if (!bends->count)
        replace(state, bends, NULL);
    return gb_told_is_complete(state, bends);
}

void gb_told_add(gb_told_state *state, const gb_bend_list *bends, bool was_complete, uint64_t id, const char *text,
                 const char *set) {
    gb_told *told = was_complete && (!state->told || state->told->count < GB_TOLD_RECIPES) ? copy_of(state->told) : NULL;
    gb_told_recipe r = {id, told ? text_new(text) : NULL, told ? text_new(set) : NULL};
    if (r.text && r.set) {
        told->recipes[told->count++] = r;
    } else {
        text_release(r.text);
        text_release(r.set);
        gb_told_release(told);
        told = NULL;
    }
    replace(state, bends, told);
}

void gb_told_update(gb_told_state *state, const gb_bend_list *bends, bool was_complete, uint64_t id, const char *set) {
    gb_told *told = was_complete ? copy_of(state->told) : NULL;
    gb_told_text *text = NULL;
    for (int i = 0; told && i < told->count; i++)
        if (told->recipes[i].id == id && (text = text_new(set))) {
            text_release(told->recipes[i].set);
            told->recipes[i].set = text;
        }
    if (!text) {
        gb_told_release(told);
        told = NULL;
    }
    replace(state, bends, told);
}

void gb_told_redrawn(gb_told_state *state, const gb_bend_list *bends, bool was_complete) {
    if (was_complete)
        state->bends = hash_of(bends);
}
