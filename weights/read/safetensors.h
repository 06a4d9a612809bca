/* safetensors: 8 bytes of header length (little-endian), a JSON header (name: dtype, shape, data_offsets), data. */
#ifndef GB_WEIGHTS_READ_SAFETENSORS_H
#define GB_WEIGHTS_READ_SAFETENSORS_H

#include "value.h"

bool gb_safetensors_is(const void *bytes, size_t size);

/* A dict of arrays in the header's order, with `__metadata__` (a dict of strings) where there is one. */
gb_value *gb_safetensors_read(const void *bytes, size_t size, gb_arena *arena, gb_reason *why);

#endif
