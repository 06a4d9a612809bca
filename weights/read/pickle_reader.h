/* The state of one pickle while it is read, shared by the pickle machine, its literals and its constructors. */
#ifndef GB_WEIGHTS_READ_PICKLE_READER_H
#define GB_WEIGHTS_READ_PICKLE_READER_H

#include "bytes.h"
#include "value.h"

typedef struct gb_pickle gb_pickle;

/* A tensor over a storage whose bytes come later in the file (legacy torch): `data` is theirs, `offset` bytes in. */
typedef struct gb_late_view {
    struct gb_late_view *next;
    gb_array *array;
    const gb_array *storage;
    size_t offset;
} gb_late_view;

struct gb_pickle {
    gb_arena *arena;            /* where values are made */
    gb_reason *why;
    /* The value a persistent id stands for, NULL with a reason; NULL itself where the file has no such things. */
    gb_value *(*persistent)(gb_pickle *p, const gb_value *id);
    void *context;              /* the above function's own */
    size_t *inner_left;         /* bytes that files inside the pickle may still have, all together: see below */
    int depth;                  /* files this pickle is inside of */
    int calls;                  /* constructors that are calling constructors at the moment */
    bool cut;                   /* reading failed because the bytes end too early */
    size_t operations;          /* read so far, by this machine */
    gb_late_view *late, *last_late;     /* in the order they were made */
};

/* A pickle can name bytes it holds many times and ask for the file in them each time. Files inside files may have twice
 * the bytes of the outermost one in all, and be nested this deep. */
enum { GB_PICKLE_DEPTH = 4 };

/* A new empty value; NULL, with the reason in p->why, if the arena is full. */
gb_value *gb_pickle_new(gb_pickle *p, gb_value_kind kind);

/* Reports that the arena is full and returns NULL. */
gb_value *gb_pickle_full(gb_pickle *p);

#endif
