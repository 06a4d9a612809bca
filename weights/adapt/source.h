/* One network's tensors inside a checkpoint. Checkpoints wrap their networks in names of their own ("G_ema.", "g.",
 * "state_dict.module.", nothing at all), so a family looks for a tensor that only its network has, and reads all others
 * beside that one. */
#ifndef GB_WEIGHTS_ADAPT_SOURCE_H
#define GB_WEIGHTS_ADAPT_SOURCE_H

#include "../read/checkpoint.h"

typedef struct gb_source {
    const gb_checkpoint *checkpoint;
    struct gb_source_entry *entries;    /* the checkpoint's arrays, sorted by name */
    size_t count;
    char prefix[128];                   /* "G_ema.", or "" */
} gb_source;

/* True where some wrapper holds `landmark`. */
bool gb_source_has(const gb_checkpoint *c, const char *landmark);

/* Finds the wrapper with `landmark`; of several the one that is a moving average by its name (g_ema, G_ema, params_ema,
 * Gs), else the first in the file. False where there is none or memory is out. */
bool gb_source_open(gb_source *s, const gb_checkpoint *c, const char *landmark, gb_reason *why);
void gb_source_close(gb_source *s);

/* The array of that name inside the wrapper, counted as used; NULL where there is none. */
const gb_array *gb_source_take(gb_source *s, const char *name);
/* The same, looked for in the wrapper and then in every wrapper around it. */
const gb_array *gb_source_take_above(gb_source *s, const char *name);

/* The first array (without the wrapper's name) that begins with one of `within` (NULL-terminated), was not used and is
 * not `ignored`; NULL where there is none. */
const char *gb_source_left(const gb_source *s, const char *const *within, bool (*ignored)(const char *name));

/* The object that the wrapper's name leads to: a pickled module, a dict; NULL where it leads nowhere. */
const gb_value *gb_source_object(const gb_source *s);
/* The submodule of a pickled module, "synthesis.b4.conv1". */
const gb_value *gb_submodule(const gb_value *module, const char *path);

/* Whether the wrapper's name says that it holds a moving average. */
bool gb_source_is_average(const gb_source *s);

#endif
