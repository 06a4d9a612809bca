/* numpy's .npy (NEP 1, versions 1 to 3) and .npz (a zip of them), for reading and writing. */
#ifndef GB_WEIGHTS_READ_NPY_H
#define GB_WEIGHTS_READ_NPY_H

#include "value.h"
#include "zip.h"
#include "zip_write.h"

bool gb_npy_is(const void *bytes, size_t size);

/* An array; a single string (dtype S or U, no dimensions) becomes a string, an array of structures an opaque
 * record, an array of Python objects the objects that were pickled. */
gb_value *gb_npy_read(const void *bytes, size_t size, gb_arena *arena, gb_reason *why);

/* Whether the archive has .npy entries. */
bool gb_npz_is(const gb_zip *z);
/* A dict of the above by name without ".npy", in the archive's order. */
gb_value *gb_npz_read(gb_zip *z, gb_arena *arena, gb_reason *why);

/* Writes an array as it is (its type, either byte order), elements in row-major order. bfloat16 and opaque types, which
 * numpy does not have, are refused. */
bool gb_npy_write(const gb_array *a, gb_byte_sink sink, void *arg, gb_reason *why);

/* Writes an .npz: stored entries, ZIP64 if a size or offset needs it; the same arrays give the same bytes. After a failure
 * it can only be freed. */
typedef struct gb_npz_writer gb_npz_writer;

gb_npz_writer *gb_npz_writer_new(gb_byte_sink sink, void *arg);        /* NULL if out of memory */
bool gb_npz_writer_add(gb_npz_writer *n, const char *name, const gb_array *a, gb_reason *why);
/* Writes the directory, which completes the file. */
bool gb_npz_writer_finish(gb_npz_writer *n, gb_reason *why);
void gb_npz_writer_free(gb_npz_writer *n);

#endif
