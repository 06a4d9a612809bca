/* The studio's token: 128 random bits that a browser must show. It is kept in the output folder, readable by its owner only, so
 * that pages and bookmarks stay valid when the program is started again. */
#ifndef GANBEND_STUDIO_TOKEN_H
#define GANBEND_STUDIO_TOKEN_H

#include "guard.h"
#include "tools/program/host.h"

/* Reads out/studio/.token, or draws a new one and writes it. A file that others may read or that belongs to somebody else is
 * replaced. The folder exists. */
gb_status token_open(const char *out, char token[GUARD_TOKEN], gb_error *err);

/* Writes an unfinished file (folder.h), readable by its owner only, that sends a browser to the address, and its absolute name.
 * So the token is in no program's arguments, which every user of the machine can read. */
gb_status token_redirect(const char *out, const char *address, char path[PATH_ROOM], gb_error *err);

#endif
