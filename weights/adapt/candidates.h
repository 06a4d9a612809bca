/* The generators in a checkpoint, and which of them is the one to use.
 *
 * A checkpoint often holds several copies of one generator: the one in training and a moving average of it, which gives
 * the better pictures. Only the names of their wrappers tell them apart. */
#ifndef GB_WEIGHTS_ADAPT_CANDIDATES_H
#define GB_WEIGHTS_ADAPT_CANDIDATES_H

#include "families.h"

enum { GB_CANDIDATES = 32, GB_PREFIX = 128 };

/* What a wrapper's name says of the copy in it. */
typedef enum gb_copy { GB_COPY_TRAINING, GB_COPY_UNNAMED, GB_COPY_AVERAGE } gb_copy;

typedef struct gb_candidate {
    const gb_family *family;
    char prefix[GB_PREFIX];     /* "ema.ema_model.", or "" */
    bool complete;              /* has all of the family's landmarks */
    gb_copy copy;
} gb_candidate;

typedef struct gb_candidates {
    gb_candidate list[GB_CANDIDATES];   /* in the order of the file, for one family after the other */
    int count;                          /* those beyond GB_CANDIDATES are left out */
} gb_candidates;

/* Finds the generators of every family. False if out of memory. */
bool gb_candidates_find(const gb_checkpoint *c, gb_candidates *found, gb_reason *why);

/* The one to use: `path` names it ("G_ema", "." for the top level); if `path` is NULL, generators come before networks
 * that look at pictures, complete ones before incomplete ones, then averages before unnamed copies before training copies, then the first. NULL if there is none,
 * with a reason that lists what there is if `path` names none. */
const gb_candidate *gb_candidates_choose(const gb_candidates *found, const char *path, gb_reason *why);

/* "'G', 'ema.ema_model' and 'D'" into `text`: the complete candidates, or all of them if none is complete; if there is a
 * generator, without the networks that look at pictures. */
char *gb_candidates_text(const gb_candidates *found, char *text, size_t size);

/* What the name of a wrapper (size bytes, "ema.online_model.") says of the copy in it. */
gb_copy gb_copy_of(const char *prefix, size_t size);

#endif
