/* A file that a page sends in pieces, to be opened: a checkpoint that was dropped on it. */
#ifndef GANBEND_STUDIO_UPLOAD_H
#define GANBEND_STUDIO_UPLOAD_H

#include <stdint.h>

#include "tools/program/host.h"

enum { UPLOAD_PIECE = 4 << 20 };        /* bytes of a piece, at most */
#define UPLOAD_BYTES (INT64_C(8) << 30) /* of a file, at most */

typedef struct upload {
    bool open;
    char name[80];              /* as it is to be called */
    char unfinished[PATH_ROOM];
    int64_t size, done;
} upload;

/* Removes what has arrived of an upload that is not complete. */
void upload_end(upload *u);

#endif
