/* Any foreign file, opened without executing anything in it: torch zip, legacy torch, a plain pickle (NVIDIA's .pkl of
 * either kind), safetensors, .npy, .npz. Recognised by content, never by the file's name. */
#ifndef GB_WEIGHTS_READ_CHECKPOINT_H
#define GB_WEIGHTS_READ_CHECKPOINT_H

#include "listing.h"

typedef struct gb_checkpoint gb_checkpoint;

/* `bytes` must stay unchanged until close; arrays point into them if they can. `name` is used in messages only. NULL with
 * a reason for anything malformed, hostile or unknown. Memory is bounded by the file's size, whatever the file claims:
 * values take at most 64 MiB + 8 × size, unpacked zip entries 64 MiB + 16 × size. Time is linear in the size. */
gb_checkpoint *gb_checkpoint_open(const void *bytes, size_t size, const char *name, gb_reason *why);
void gb_checkpoint_close(gb_checkpoint *c);

/* If the file is a zip around one checkpoint: the name of the entry that was opened, else NULL. */
const char *gb_checkpoint_entry(const gb_checkpoint *c);

/* "torch zip", "legacy torch", "pickle", "safetensors", "npy", "npz". */
const char *gb_checkpoint_format(const gb_checkpoint *c);

/* The object in the file. For safetensors and .npz a dict of arrays in file order (safetensors' __metadata__ under that
 * key), for .npy the array itself. */
const gb_value *gb_checkpoint_root(const gb_checkpoint *c);

/* Every array in the file under its path: dict keys and attribute names joined by '.', sequence positions as numbers;
 * modules pickled whole are listed as their state_dict would be ("G_ema.synthesis.b4.const"), with no `_parameters`,
 * `_buffers`, `_modules` in the names; the `variables` of a TensorFlow network under component and variable name
 * ("Gs.synthesis.4x4/Const/const"). The list belongs to the checkpoint. */
const gb_named_array *gb_checkpoint_arrays(const gb_checkpoint *c, size_t *count);

/* Objects that stand for tensors but cannot be read, in the file's order. */
const gb_unreadable *gb_checkpoint_unreadable(const gb_checkpoint *c, size_t *count);

/* The formats by name and the files they occur in, for the documentation; false past the last one. */
bool gb_checkpoint_container(size_t index, const char **name, const char **summary);

/* Plain facts (strings, numbers, booleans, short lists of these) under the same kind of path, at most `limit`:
 * calls fact(arg, path, text) for each, with the value as text. */
void gb_checkpoint_facts(const gb_checkpoint *c, size_t limit,
                         void (*fact)(void *arg, const char *path, const char *text), void *arg);

#endif
