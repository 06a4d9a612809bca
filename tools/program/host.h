/* Access to the operating system: clock, terminal, folders, memory usage. */
#ifndef GANBEND_TOOLS_HOST_H
#define GANBEND_TOOLS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

double host_seconds(void);              /* monotonic */
bool host_stderr_is_terminal(void);
bool host_stdout_is_terminal(void);
/* True if `path` can be opened for reading and is not a folder. */
bool host_readable(const char *path);
/* True if both paths lead to the same file, also by symbolic or hard links. */
bool host_same_file(const char *a, const char *b);
/* Lets the library replace files of any kind from now on (gb_check_output()). */
void host_allow_overwriting(void);
/* Creates the folder and its missing parents. */
gb_status host_make_folder(const char *path, gb_error *err);
/* The peak resident memory of this process, mapped pages included; 0 if it is unknown. */
int64_t host_peak_rss_bytes(void);

#endif
