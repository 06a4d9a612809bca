/* One network's tensors inside a checkpoint. Checkpoints wrap their networks in names of their own ("G_ema.", "g.",
 * "state_dict.module.", nothing at all); a source looks names up inside one wrapper. */
#ifndef GB_WEIGHTS_ADAPT_SOURCE_H
#define GB_WEIGHTS_ADAPT_SOURCE_H

#include "../read/checkpoint.h"

typedef struct gb_source {
    const gb_checkpoint *checkpoint;
    struct gb_source_entry *entries;    /* the checkpoint's arrays, sorted by name */
    size_t count;
    char prefix[128];                   /* "G_ema.", or "" */
} gb_source;

/* Opens the wrapper `prefix`. False if out of memory. */
bool gb_source_open(gb_source *s, const gb_checkpoint *c, const char *prefix, gb_reason *why);
void gb_source_close(gb_source *s);

/* The array of that name inside the wrapper, counted as used; NULL if there is none. */
const gb_array *gb_source_take(gb_source *s, const char *name);
/* The same, looked for in the wrapper and then in every wrapper around it. */
const gb_array *gb_source_take_above(gb_source *s, const char *name);

/* Reports that the wrapper lacks the tensor `name`; if the file has an object there that cannot be read as one, says
 * which. Returns false. */
bool gb_source_lacks(const gb_source *s, const char *name, gb_reason *why);

/* The first array (without the wrapper's name) that begins with one of `within` (NULL-terminated), was not used and is
 * not `ignored`; NULL if there is none. */
const char *gb_source_left(const gb_source *s, const char *const *within, bool (*ignored)(const char *name));

/* The object that the wrapper's name leads to: a pickled module, a dict; NULL if it leads nowhere. */
const gb_value *gb_source_object(const gb_source *s);
/* The submodule of a pickled module, "synthesis.b4.conv1". */
const gb_value *gb_submodule(const gb_value *module, const char *path);

#endif
