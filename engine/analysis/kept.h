/* Work that can be interrupted: what is done is kept in a file, from which the same call goes on. */
#ifndef GB_ENGINE_KEPT_H
#define GB_ENGINE_KEPT_H

#include "engine/ganbend.h"

/* Memory that holds a part of what is done. */
typedef struct gb_kept_block {
    void *bytes;
    size_t size;                /* even */
} gb_kept_block;

typedef struct gb_kept {
    const char *path;           /* NULL: nothing is kept */
    uint32_t signature;         /* of everything that the work depends on: gb_signature() */
    gb_kept_block *blocks;
    size_t count, room;
    double saved;               /* when, in seconds */
} gb_kept;

/* CRC-32 of the bytes before and these; `bytes` may be NULL. */
uint32_t gb_signature(uint32_t before, const void *bytes, size_t size);

/* Another block. */
gb_status gb_kept_add(gb_kept *k, void *bytes, size_t size, gb_error *err);
/* Fills the blocks if the file is there. GB_BAD_FILE if it holds other work. */
gb_status gb_kept_read(gb_kept *k, gb_error *err);
/* Writes the blocks if 30 seconds have passed since this was done. */
gb_status gb_kept_write(gb_kept *k, gb_error *err);
/* When the work has ended with `status`: removes the file, or if the work was cancelled writes it. Returns `status`. */
gb_status gb_kept_end(gb_kept *k, gb_status status);

#endif
