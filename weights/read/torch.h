/* PyTorch's two containers: the zip of torch.save since 1.6, and before that five pickles followed by raw data (a
 * pickled storage contains such a file too). */
#ifndef GB_WEIGHTS_READ_TORCH_H
#define GB_WEIGHTS_READ_TORCH_H

#include "pickle.h"
#include "zip.h"

/* The entry of a torch zip that has its pickle, or NULL if it is not a torch zip. */
gb_zip_entry *gb_torch_zip_pickle(const gb_zip *z);
/* The object in it. `inner_left` as in gb_pickle. */
gb_value *gb_torch_zip_read(gb_zip *z, gb_arena *arena, size_t *inner_left, gb_reason *why);

bool gb_torch_legacy_is(const void *bytes, size_t size);
gb_value *gb_torch_legacy_read(gb_bytes *from, gb_arena *arena, size_t *inner_left, int depth, gb_reason *why);

/* An element type, by its storage class ("FloatStorage") and its dtype ("float32"). */
typedef struct gb_torch_type {
    const char *storage, *name;     /* storage: NULL for types without one of their own */
    gb_dtype dtype;
    size_t size;
} gb_torch_type;

/* A persistent id: ('storage', class, key, device, elements[, view]). */
typedef struct gb_torch_storage {
    const gb_torch_type *type;
    const gb_value *key;            /* a string */
    int64_t elements;
    const gb_value *view;           /* (key, offset, size) or NULL */
} gb_torch_storage;

bool gb_torch_storage_read(const gb_value *id, gb_torch_storage *s, gb_reason *why);

/* A storage as a one-dimensional array; `data` may still be NULL. NULL with p->why set. */
gb_value *gb_torch_storage_value(gb_pickle *p, const gb_torch_type *type, int64_t elements, const void *data);

/* `array` lies in `storage`, `offset` bytes in: sets its data, now or, if the storage has none yet, later. */
bool gb_torch_place(gb_pickle *p, gb_array *array, const gb_array *storage, size_t offset);

#endif
