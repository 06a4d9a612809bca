/* Other programs as child processes: POSIX in process_posix.c, Windows in process_windows.c. */
#ifndef GANBEND_TOOLS_PROCESS_H
#define GANBEND_TOOLS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A child process that has not been waited for; 0: none. */
typedef intptr_t process;

/* Starts a program from the PATH. `arguments` begin with its name and end with NULL. `in` is its standard input, `out` its
 * standard output and error; -1 for an empty input, or output that is thrown away. It has no other open file of this process,
 * and no signal blocked or ignored. Returns 0 or an errno, with *p = 0. */
int process_start(process *p, const char *const *arguments, int in, int out);
/* Whether it has ended. It is still to be waited for. */
bool process_has_ended(process p);
void process_kill(process p);
/* Waits for its end and sets *p = 0. Returns its exit status; -1 if a signal ended it. */
int process_wait(process *p);

/* A pipe that no child process inherits, except as its standard input or output: ends[0] is for reading. 0 or an errno. */
int pipe_make(int ends[2]);
/* Reads what has arrived, without waiting; 0 if nothing has. */
size_t pipe_read_arrived(int end, void *bytes, size_t room);

/* A file that child processes do not inherit, except as one of their standard files. */
void file_is_for_this_process(int file);
/* From now on, writing to a pipe that nobody reads fails with EPIPE instead of ending this process. */
void pipe_end_is_error(void);

#endif
