/* Makes calls of the C library fail: the n-th call of one kind, and if wanted all that follow it. faults.c takes the place
 * of these functions, either in a test program or, preloaded, in the program under test. */
#ifndef GB_TESTS_FAULTS_H
#define GB_TESTS_FAULTS_H

#include <stdbool.h>
#include <sys/types.h>

typedef enum fault_kind {
    FAULT_MEMORY,       /* malloc, calloc, realloc, posix_memalign, aligned_alloc: ENOMEM */
    FAULT_MAP,          /* mmap: ENOMEM */
    FAULT_OPEN,         /* open, openat, opendir: EMFILE */
    FAULT_READ,         /* read, pread: EIO */
    FAULT_WRITE,        /* write, pwrite: ENOSPC */
    FAULT_SYNC,         /* fsync, fdatasync: EIO */
    FAULT_NAME,         /* rename, renameat2, link, linkat, mkdir: EACCES */
    FAULT_KINDS,
    FAULT_NONE = -1
} fault_kind;

extern const char *const fault_names[FAULT_KINDS];      /* "memory", "map", … */

/* From now on call `number` (from 0) of the kind fails, and all after it if `on`. Counting starts from 0. */
void faults_begin(fault_kind kind, long number, bool on);

/* No call fails any more. Returns the number of calls of the kind since faults_begin(). */
long faults_end(void);

/* Whether a message names a cause that is true of the kind. */
bool faults_name_cause(fault_kind kind, const char *message);

/* From now on calls of this thread never fail and are not counted, or do again. */
void faults_spare(bool spared);

/* Calls of this thread, other than for memory, that were not spared. */
long faults_file_calls(void);

/* Blocks of memory that have been allocated and not freed. Always 0 under the sanitizers, which look for leaks themselves. */
long faults_live_blocks(void);

/* Preloaded into a program, faults.c runs it again and again. The environment variable GANBEND_FAULTS has the numbers of two
 * descriptors, "IN OUT": for each order that comes from IN, the program runs in a process of its own, with its arguments and
 * the fault, whose number is written to OUT, and then a report when it ends. The calls of processes that it forks count with its own. */
typedef struct fault_order {
    fault_kind kind;            /* FAULT_NONE: no fault */
    long number;
    bool on;
} fault_order;

typedef struct fault_report {
    int status;                 /* as from waitpid() */
    long calls;                 /* of the kind */
} fault_report;

enum {
    FAULTS_SECONDS = 20,        /* a program that runs longer is ended by SIGALRM */
    FAULTS_BROKEN = 125         /* exit status if this could not be done */
};

#endif
