/* Pickles, protocols 0 to 5, read as data: a small stack machine over plain values. Nothing is looked up and nothing
 * runs. A handful of constructors that tensors and containers need is known by name (constructors.h); every other class
 * becomes an opaque record of what was pickled for it. */
#ifndef GB_WEIGHTS_READ_PICKLE_H
#define GB_WEIGHTS_READ_PICKLE_H

#include "pickle_reader.h"

/* Reads one pickle, from `from->at` to past its STOP. Values point into the bytes where they can. NULL with a reason
 * that names the byte and the operation. */
gb_value *gb_pickle_read(gb_pickle *p, gb_bytes *from);

#endif
