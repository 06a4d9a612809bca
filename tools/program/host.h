/* What the program asks of the operating system: a clock, a terminal, folders, its own memory. */
#ifndef GANBEND_TOOLS_HOST_H
#define GANBEND_TOOLS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

double host_seconds(void);              /* monotonic */
bool host_stderr_is_terminal(void);
bool host_stdout_is_terminal(void);
/* True where `path` can be opened for reading and is no folder. */
bool host_readable(const char *path);
/* True where both names lead to one file, by symbolic or hard links too. */
bool host_same_file(const char *a, const char *b);
/* From here on the library replaces files of any kind (gb_check_output()). */
void host_allow_overwriting(void);
/* Makes the folder and those above it that are missing. */
gb_status host_make_folder(const char *path, gb_error *err);
/* The most memory this process has held in RAM, mapped pages included; 0 where the system does not say. */
int64_t host_peak_rss_bytes(void);

#endif
