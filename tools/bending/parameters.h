/* Numbers that can be moved between renders, by name: named parameters of recipes, parameters of the one bend given by
 * options, and "trunc". What sweep and animate turn. */
#ifndef GANBEND_TOOLS_KNOBS_H
#define GANBEND_TOOLS_KNOBS_H

#include "recipes.h"
#include "single_bend.h"

typedef struct knobs {
    bending *bending;
    single *single;             /* NULL, or not given: none */
    gb_bend bend;               /* of `single`, in the session */
    int cutoff;                 /* of the truncation */
    double psi;
    bool psi_turned;
} knobs;

/* GB_BAD_ARGUMENT where nothing has that name, with those that there are. */
gb_status find_knob(const knobs *k, const char *name, gb_error *err);
/* Whole numbers are rounded to. Takes effect at settle_knobs(), which comes after apply_inputs(). */
gb_status turn_knob(knobs *k, const char *name, double value, gb_error *err);
gb_status settle_knobs(knobs *k, gb_session *session, gb_error *err);

/* "angle=0:90:45": a name and `least` to KEYS_ROOM numbers. */
enum { KEYS_ROOM = 64 };
typedef struct knob_keys {
    char name[PARAM_NAME_ROOM];
    double values[KEYS_ROOM];
    int count;
} knob_keys;
bool parse_keys(const char *text, int least, knob_keys *keys);

#endif
