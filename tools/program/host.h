/* Access to the operating system: arguments, clock, terminal, folders, memory usage. What systems do differently is in
 * host_posix.c and host_windows.c. */
#ifndef GANBEND_TOOLS_HOST_H
#define GANBEND_TOOLS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

enum { PATH_ROOM = 4096 };

/* At the start of main(): makes the arguments UTF-8 with '/' in paths, and standard input and output binary, where they are not. */
void host_begin(int *argc, char ***argv);
double host_seconds(void);              /* monotonic */
bool host_stdin_is_terminal(void);
bool host_stderr_is_terminal(void);
bool host_stdout_is_terminal(void);
/* True if `path` can be opened for reading and is not a folder. */
bool host_readable(const char *path);
/* True if both paths lead to the same file, also by symbolic or hard links. */
bool host_same_file(const char *a, const char *b);
bool host_is_folder(const char *path);
/* The name of this machine. */
bool host_machine_name(char *name, size_t room);
/* The size of a regular file; 0 if it does not exist. */
int64_t host_file_bytes(const char *path);
/* Removes a file, if there is one and it can be. */
void host_remove_file(const char *path);
/* True if `path` exists and is neither a regular file nor a folder: a device or a pipe. */
bool host_is_device(const char *path);
/* True if a program of that name is in the PATH. */
bool host_has_program(const char *name);
/* Lets the library replace files of any kind from now on (gb_check_output()). */
void host_allow_overwriting(void);
/* The path with its links followed, or a copy of it if there is no such file. The caller frees it; NULL if out of memory. */
char *host_final_name(const char *path);
/* The folder that an output is written to, with links followed: that of a file, or the output itself; "" if unknown. */
void host_output_folder(const char *output, bool is_file, char folder[PATH_ROOM]);
/* $TMPDIR, or the system's folder for temporary files. */
void host_temporary_folder(char folder[PATH_ROOM]);
/* The folder for caches of this user's programs: $XDG_CACHE_HOME, ~/.cache or %LOCALAPPDATA%. False if none of them is set. */
bool host_cache_folder(char folder[PATH_ROOM]);
/* Creates the folder and its missing parents. */
gb_status host_make_folder(const char *path, gb_error *err);
/* The same, for this user only. */
gb_status host_make_private_folder(const char *path, gb_error *err);
/* The peak resident memory of this process, mapped pages included; 0 if it is unknown. */
int64_t host_peak_rss_bytes(void);

#endif
