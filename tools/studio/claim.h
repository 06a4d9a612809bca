/* A studio's claim to its output folder. The lock on out/studio/.lock, which ends with the program however that ends, keeps
 * a second studio out. The unfinished files of a killed program are removed when the next one claims the folder. */
#ifndef GANBEND_STUDIO_CLAIM_H
#define GANBEND_STUDIO_CLAIM_H

#include "tools/program/host.h"

/* Creates `out` and its folders, locks it, and removes what a killed program has left. GB_IO if another program has it.
 * *lock is for claim_end(); -1 on failure, or if the file system has no locks: then nothing is removed either. */
gb_status claim_folder(const char *out, int *lock, gb_error *err);
void claim_end(const char *out, int lock);

#endif
