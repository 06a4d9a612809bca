/* The constructors in a pickle that ganbend knows, by name. Each row has a function of ganbend that makes a plain value
 * from plain arguments; nothing outside of the table is ever called. */
#ifndef GB_WEIGHTS_READ_CONSTRUCTORS_H
#define GB_WEIGHTS_READ_CONSTRUCTORS_H

#include "pickle_reader.h"

typedef struct gb_constructor {
    const char *module;     /* NULL: any (projects carry the class in modules of their own) */
    const char *name;
    /* `args` is the tuple of arguments. Returns NULL with a reason, or sets `*known` to false (returning NULL) if
     * these arguments make it one more opaque record. */
    gb_value *(*make)(gb_pickle *p, const gb_value *args, bool *known);
} gb_constructor;

/* Each ends with a row without a name. */
extern const gb_constructor gb_python_constructors[], gb_numpy_constructors[], gb_torch_constructors[];

/* The value of calling `callable` with `args`: from the table, or a record. NULL with a reason in p->why. */
gb_value *gb_construct(gb_pickle *p, const gb_value *callable, gb_value *args);

/* What BUILD does: an attribute dict for a record, the contents of a numpy array, nothing for plain containers. */
bool gb_build(gb_pickle *p, gb_value *object, gb_value *state);

/* numpy.ndarray's state (version, shape, dtype, fortran order, data): turns the record into an array, in place, so that
 * values that already refer to it see the array. Object arrays stay records. */
bool gb_numpy_build(gb_pickle *p, gb_value *object, gb_value *state);

#endif
