/* Recipes with modulators at the moments of an animation. The recipe computes the numbers itself: it is only told the time. */
#ifndef GANBEND_TOOLS_MOVING_RECIPE_H
#define GANBEND_TOOLS_MOVING_RECIPE_H

#include "tools/program/arguments.h"

typedef struct moving_recipe {
    bool moves;                 /* it has modulators */
    bool moves_inputs;          /* seed, trunc or cutoff */
    double time, beat, tempo;   /* at the animation's first frame */
    bool has_beat;              /* `beat` is given, otherwise it follows from the time */
} moving_recipe;

gb_status moving_recipe_of(gb_recipe *recipe, moving_recipe *m, gb_error *err);
/* The recipe as text with the time that lies `seconds` after the first frame. The caller frees it. */
gb_status moving_recipe_at(const moving_recipe *m, gb_recipe *recipe, double seconds, char **text, gb_error *err);

#endif
