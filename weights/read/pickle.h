/* Pickles, protocols 0 to 5, read as data: a small stack machine over plain values. Nothing is imported and
 * nothing is executed. The few constructors that tensors and containers need are known by name (constructors.h); an object
 * of any other class becomes an opaque record of the values that were pickled for it. */
#ifndef GB_WEIGHTS_READ_PICKLE_H
#define GB_WEIGHTS_READ_PICKLE_H

#include "pickle_reader.h"

/* Reads one pickle, from `from->at` to past its STOP. Values point into the bytes where they can. NULL with a reason
 * that names the byte and the operation. */
gb_value *gb_pickle_read(gb_pickle *p, gb_bytes *from);

#endif
