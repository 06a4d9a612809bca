/* numpy's type strings ("<f4", "|b1", "i8"), as .npy headers and pickled dtypes have them, and its array layout. */
#ifndef GB_WEIGHTS_READ_NUMPY_TYPES_H
#define GB_WEIGHTS_READ_NUMPY_TYPES_H

#include "../array.h"

typedef struct gb_numpy_type {
    gb_dtype dtype;     /* GB_OPAQUE if it is not a plain number */
    char kind;          /* numpy's letter: f, i, u, b, c, S, U, V, O … */
    size_t size;        /* bytes of one element; 0 if the string does not give it (objects) */
    bool swapped;       /* not in this machine's byte order */
} gb_numpy_type;

/* `order`, if it is '<' or '>' and not 0, replaces the string's byte order: pickles store it separately. */
bool gb_numpy_type_read(const char *text, size_t size, char order, gb_numpy_type *type);

/* "<f4" for GB_F32 on this machine; NULL for types numpy does not have. */
const char *gb_numpy_type_name(gb_dtype t, bool swapped);

/* Lays the shape in `a` over `data`; refused if `data` has too few bytes for it. */
bool gb_numpy_place(gb_array *a, const gb_numpy_type *type, bool fortran, const void *data, size_t size,
                    gb_reason *why);

#endif
