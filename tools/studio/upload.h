/* A file that a page sends in pieces, to be opened: a checkpoint that was dropped on it. */
#ifndef GANBEND_STUDIO_UPLOAD_H
#define GANBEND_STUDIO_UPLOAD_H

#include <stdint.h>

#include "sizes.h"
#include "tools/program/host.h"

typedef struct upload {
    bool open;
    char name[80];              /* as it is to be called */
    char unfinished[PATH_ROOM];
    int64_t size, done;
} upload;

/* Splits "NAME.pkl" into a valid name and its ending, which points into `file`. */
const char *upload_split(const char *file, char stem[PROJECT_NAME]);
/* Begins a file for models/ in `out`; one that is not complete is given up. Fails if it would not leave room on the disk. */
gb_status upload_begin(upload *u, const char *out, const char *name, int64_t size, gb_error *err);
/* The next bytes, no more than are left. */
gb_status upload_append(upload *u, const unsigned char *bytes, size_t size, gb_error *err);
/* Gives a complete file its name in models/: u->name, or "NAME-2.pkl" and so on. */
gb_status upload_publish(upload *u, const char *out, gb_error *err);
/* Removes what has arrived of an upload that is not complete. */
void upload_end(upload *u);

#endif
