/* --state: commands whose work the library keeps in a file, from which they go on after an interruption. */
#ifndef GANBEND_TOOLS_STATE_FILE_H
#define GANBEND_TOOLS_STATE_FILE_H

#include "arguments.h"

/* A row of the command's options; `member` of its settings is the file's name, or NULL. */
#define STATE_OPTION(settings, member)                                                                                        \
    {"--state", RARE(OPTION_TEXT), offsetof(settings, member), "FILE.npz", "Save progress in this file: after an interruption " \
     "the same command continues from it. It is removed at the end.", 0, 0}

/* Before the work: with a file, signals end it in good order, otherwise at once. */
void begin_work(const char *file);
/* A progress callback for the library, as progress_share(): false once an interrupt has been noted. */
bool work_goes_on(void *arg, double share);
/* After it: says in `err` how to go on if it was interrupted. Returns err->status. */
gb_status end_work(const char *file, gb_error *err);

#endif
