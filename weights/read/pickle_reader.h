/* The state of one pickle while it is being read, shared by the pickle machine, its literals and its constructors. */
#ifndef GB_WEIGHTS_READ_PICKLE_READER_H
#define GB_WEIGHTS_READ_PICKLE_READER_H

#include "bytes.h"
#include "value.h"

typedef struct gb_pickle gb_pickle;

/* A tensor over a storage whose bytes come later in the file (legacy torch): its data begins `offset` bytes into them. */
typedef struct gb_late_view {
    struct gb_late_view *next;
    gb_array *array;
    const gb_array *storage;
    size_t offset;
} gb_late_view;

struct gb_pickle {
    gb_arena *arena;            /* where values are made */
    gb_reason *why;
    /* The value a persistent id stands for, NULL with a reason; The function is NULL if the file cannot have any. */
    gb_value *(*persistent)(gb_pickle *p, const gb_value *id);
    void *context;              /* for that function */
    size_t *inner_left;         /* bytes that files inside the pickle may still have in all: see below */
    int depth;                  /* number of files around this pickle */
    int calls;                  /* constructors that are calling constructors at the moment */
    bool cut;                   /* reading failed because the bytes end too early */
    size_t operations;          /* read so far, by this machine */
    gb_late_view *late, *last_late;     /* in the order they were made */
};

/* A pickle can refer to the same bytes many times, and have them read as a file each time. All files inside a file
 * together may have twice the bytes of the outermost one, and be nested this deep. */
enum { GB_PICKLE_DEPTH = 4 };

/* A new empty value; NULL, with the reason in p->why, if the arena is full. */
gb_value *gb_pickle_new(gb_pickle *p, gb_value_kind kind);

/* Reports that the arena is full and returns NULL. */
gb_value *gb_pickle_full(gb_pickle *p);

#endif
