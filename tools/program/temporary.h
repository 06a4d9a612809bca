/* Temporary files of the program. They are removed when they are no longer needed, at the end of the program, and when it is
 * interrupted by SIGINT, SIGTERM or SIGHUP. */
#ifndef GANBEND_TOOLS_TEMPORARY_H
#define GANBEND_TOOLS_TEMPORARY_H

#include "host.h"
#include "process.h"

/* From now on, signals remove all temporary files before they end the program. `folder` is one in which the library writes,
 * and which is cleared of its unfinished files; "" for none. May be called again for another folder. */
gb_status clean_up_when_interrupted(const char *folder, gb_error *err);

/* Signals also end this child process; 0 for none. */
void end_when_interrupted(process child);

/* Names a file of this program's own folder in $TMPDIR, or /tmp. The file is not created. */
gb_status name_temporary(const char *name, char path[PATH_ROOM], gb_error *err);
/* Names a hidden file in the folder of `target`, to be renamed to it. */
gb_status name_beside(const char *target, char path[PATH_ROOM], gb_error *err);
/* Removes a temporary file, if it exists. */
void remove_temporary(const char *path);
/* Gives the file its final name. */
gb_status keep_temporary(const char *path, const char *target, gb_error *err);
/* Removes all, and stops watching for signals: at the end of the program. */
void end_cleaning_up(void);

#endif
