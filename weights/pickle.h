/* Pickles, protocols 0 to 5, read as data: a small stack machine over plain values. Nothing is looked up and nothing
 * runs. A handful of constructors that tensors and containers need is known by name (constructors.h); every other class
 * becomes an opaque record of what was pickled for it. */
#ifndef GB_WEIGHTS_PICKLE_H
#define GB_WEIGHTS_PICKLE_H

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
    int calls;                  /* constructors that are calling constructors just now */
    gb_late_view *late, *last_late;     /* in the order they were made */
};

/* Reads one pickle, from `from->at` to past its STOP. Values point into the bytes where they can. NULL with a reason
 * that names the byte and the operation. */
gb_value *gb_pickle_read(gb_pickle *p, gb_bytes *from);

/* A pickle can name bytes it holds many times and ask for the file in them each time. Files inside files may have twice
 * the bytes of the outermost one in all, and be nested this deep. */
enum { GB_PICKLE_DEPTH = 4 };

#endif
