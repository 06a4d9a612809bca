/* What a session knows of the recipes whose bends it has, for the texts of its pictures. It is lost when bends are added,
 * changed or removed by other means. */
#ifndef GB_ENGINE_TOLD_H
#define GB_ENGINE_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/bend/bends.h"

enum { GB_TOLD_RECIPES = 8 };

typedef struct gb_told_text {
    int references;
    char text[];
} gb_told_text;

typedef struct gb_told_recipe {
    uint64_t id;
    gb_told_text *text;         /* the recipe in JSON */
    gb_told_text *set;          /* " --set angle=30": its parameters */
} gb_told_recipe;

/* Immutable, and shared by the settings and the copy that a transaction keeps. */
typedef struct gb_told {
    int references;
    int count;
    gb_told_recipe recipes[GB_TOLD_RECIPES];
} gb_told;

/* In a session's settings. */
typedef struct gb_told_state {
    gb_told *told;              /* NULL = nothing is known */
    uint64_t bends;             /* identifies the bends that the recipes have */
} gb_told_state;

/* Whether the recipes that have been told are those of all bends. */
bool gb_told_is_complete(const gb_told_state *state, const gb_bend_list *bends);
/* The same, to be called before bends are changed: forgets recipes whose bends have all been removed. */
bool gb_told_begin(gb_told_state *state, const gb_bend_list *bends);
/* After the bends of recipe `id` have been added. Nothing is known any more if the session had bends of which nothing is known,
 * or if there is no memory. */
void gb_told_add(gb_told_state *state, const gb_bend_list *bends, bool was_complete, uint64_t id, const char *text,
                 const char *set);
/* After its parameters have been changed. */
void gb_told_update(gb_told_state *state, const gb_bend_list *bends, bool was_complete, uint64_t id, const char *set);
/* After random features have been drawn again. */
void gb_told_redrawn(gb_told_state *state, const gb_bend_list *bends, bool was_complete);

gb_told *gb_told_retain(gb_told *told);         /* accepts NULL, like gb_told_release() */
void gb_told_release(gb_told *told);

#endif
