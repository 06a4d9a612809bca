/* numpy's .npy (NEP 1, versions 1 to 3) and .npz (a zip of them), both ways. */
#ifndef GB_WEIGHTS_READ_NPY_H
#define GB_WEIGHTS_READ_NPY_H

#include "value.h"
#include "zip.h"

bool gb_npy_is(const void *bytes, size_t size);

/* An array; a single string (dtype S or U, no dimensions) becomes a string, an array of structures an opaque
 * record, an array of Python objects what was pickled for it. */
gb_value *gb_npy_read(const void *bytes, size_t size, gb_arena *arena, gb_reason *why);

/* True where the archive has .npy entries. */
bool gb_npz_is(const gb_zip *z);
/* A dict of the above by name without ".npy", in the archive's order. */
gb_value *gb_npz_read(gb_zip *z, gb_arena *arena, gb_reason *why);

/* Takes `size` bytes; false stops the writing. */
typedef bool (*gb_npy_sink)(void *arg, const void *bytes, size_t size);

/* Writes an array as it is (its type, either byte order), elements in row-major order. bfloat16 and opaque types, which
 * numpy does not have, are refused. */
bool gb_npy_write(const gb_array *a, gb_npy_sink sink, void *arg, gb_reason *why);

/* An .npz in the making: stored entries, ZIP64 where a size or place needs it, the same bytes for the same arrays.
 * After a failure there is nothing left to do but free it. */
typedef struct gb_npz_writer gb_npz_writer;

gb_npz_writer *gb_npz_writer_new(gb_npy_sink sink, void *arg);        /* NULL when memory is out */
bool gb_npz_writer_add(gb_npz_writer *n, const char *name, const gb_array *a, gb_reason *why);
/* Writes the directory; the file is whole after this. */
bool gb_npz_writer_finish(gb_npz_writer *n, gb_reason *why);
void gb_npz_writer_free(gb_npz_writer *n);

#endif
