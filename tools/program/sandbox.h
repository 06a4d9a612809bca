/* Reading files of strangers in a child process that can do little else: it may open the given files, and nothing more; it
 * has no network, starts no program, and writes only where its parent has opened something for it. Linux: Landlock for files
 * and, for the rest, a list of the system calls that reading and computing need (seccomp); limits of resources everywhere. */
#ifndef GANBEND_TOOLS_SANDBOX_H
#define GANBEND_TOOLS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { SANDBOX_FILES = 4, SANDBOX_PATH = 48 };

/* WebAssembly has no processes: a module reads the file itself, and what runs the module confines it. Windows has no fork(), and the
 * program reads the file with all its rights. */
#if defined(__EMSCRIPTEN__) || defined(_WIN32)
enum { SANDBOX_HAS_PROCESSES = 0 };
#else
enum { SANDBOX_HAS_PROCESSES = 1 };
#endif

typedef struct sandbox {
    const char *readable[SANDBOX_FILES];    /* files that may be opened for reading; those that do not exist are left out */
    uint64_t memory;                        /* bytes of data that the process may have; 0: no limit */
} sandbox;

/* What this system could not provide; "" if nothing is missing. */
typedef struct sandbox_gaps {
    char text[160];
    int failure;                /* the errno of a file that exists and could not be allowed, or 0 */
} sandbox_gaps;

/* Puts the calling process, which must have only one thread, into the sandbox for the rest of its life. */
void sandbox_enter(const sandbox *how, sandbox_gaps *gaps);

/* The child's work. It may write to `out`; its error reaches the parent. */
typedef gb_status sandbox_work(void *arg, int out, gb_error *err);
/* A path by which the child can open `out`. */
void sandbox_output_path(int out, char path[SANDBOX_PATH]);

typedef struct sandbox_child {
    long process;               /* 0: none */
    int out, error;             /* what it writes, and its error at the end */
    bool ended;
    int signal;                 /* that ended it, or 0 */
    gb_error failed;            /* its own failure once it has ended, or that of reading what it writes */
} sandbox_child;

/* Starts `work` in a child in the sandbox. What the system does not provide is reported on standard error. Call
 * sandbox_finish() afterwards. */
gb_status sandbox_start(const sandbox *how, sandbox_work *work, void *arg, sandbox_child *child, gb_error *err);

/* The read() of a gb_reader, whose `arg` is the child: what the child writes. At its end it waits for the child, and fails if
 * the child has failed. */
size_t sandbox_read(void *child, void *bytes, size_t room);

/* Waits for the child's end, after which nobody reads what it writes. Returns the status of its work; GB_IO if a signal ended
 * it. */
gb_status sandbox_finish(sandbox_child *child, gb_error *err);

/* Ends this process as the child was ended, if that wrote to a standard output whose reader has gone (head, less). */
void sandbox_end_alike(const sandbox_child *child);

/* A limit for reading a file of that size: the copy, what it unpacks to, and the network made of it, many times over. */
uint64_t sandbox_memory_for(const char *path);

#endif
