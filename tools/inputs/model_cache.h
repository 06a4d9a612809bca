/* Converted checkpoints, kept in $XDG_CACHE_HOME/ganbend (~/.cache/ganbend). An entry is a .gbw that is named after its
 * checkpoint and the checkpoint's checksums, so that it is found again under any name and path. Entries appear whole, are
 * never changed, and are read into memory, so programs that run at the same time do not disturb each other. Those that
 * were not used for the longest time are removed when all together exceed the limit. */
#ifndef GANBEND_TOOLS_MODEL_CACHE_H
#define GANBEND_TOOLS_MODEL_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "tools/program/host.h"

/* Opens a checkpoint of any family: from the cache, or by converting it first. Without a folder for the cache, it is
 * converted each time. */
gb_status open_checkpoint(gb_context *context, const char *path, gb_model **model, gb_error *err);

enum { CHECKPOINT_KEY = 24 };
/* A key of a checkpoint's contents, those of a config.json beside it, and this version: hexadecimal digits. */
gb_status checkpoint_key(const char *path, char key[CHECKPOINT_KEY + 1], gb_error *err);

typedef struct cache_entry {
    char name[256];             /* of the file in the folder */
    int64_t bytes;
    int64_t used;               /* seconds since 1970 */
} cache_entry;

/* The folder, which may not exist yet; false if neither XDG_CACHE_HOME nor HOME is set. */
bool cache_folder(char folder[PATH_ROOM]);
/* The entries, the last used first. The caller frees *entries, which is NULL if there are none. */
gb_status cache_list(cache_entry **entries, size_t *count, gb_error *err);
/* Removes entries, the least recently used first, until the rest takes at most `limit` bytes. */
gb_status cache_trim(int64_t limit, size_t *removed, gb_error *err);
/* The limit in bytes, 10 GB unless it was set. */
int64_t cache_limit(void);
gb_status cache_set_limit(int64_t bytes, gb_error *err);

#endif
