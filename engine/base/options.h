/* Structs of options with a `size`, see "Options" in ganbend.h. */
#ifndef GB_ENGINE_OPTIONS_H
#define GB_ENGINE_OPTIONS_H

#include "engine/ganbend.h"

/* Copies a caller's options to `to`, of type `type`, whose last field in version 0.1 is `last`; `from` may be NULL. Fields
 * that the caller's struct does not have are zero. GB_BAD_ARGUMENT if its size is not possible, or if it has fields that
 * this version does not know and they are not zero. */
#define GB_TAKE_OPTIONS(type, last, to, from, err)                                                               \
    gb_take_options((to), sizeof(type), offsetof(type, last) + sizeof((to)->last), (from), #type, (err))

gb_status gb_take_options(void *to, size_t known, size_t first, const void *from, const char *type, gb_error *err);

#endif
