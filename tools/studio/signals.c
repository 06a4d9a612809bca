/* A signal handler that writes to a pipe, from which a thread reads. Blocking the signals would avoid the global variables, but
 * libraries such as OpenBLAS start threads before main(), in which the signals would not be blocked. */
#define _POSIX_C_SOURCE 200809L
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "engine/platform/files.h"
#include "engine/platform/threads.h"
#include "tools/program/arguments.h"
#include "tools/program/end_signals.h"
#include "tools/program/interrupt.h"
#include "tools/program/process.h"

static volatile sig_atomic_t into = -1;         /* a signal handler has no other argument */
static struct {
    pthread_t thread;
    int from;
    void (*stop)(void *arg);
    void *arg;
} waiting;                                      /* signals belong to the process */

static void pass_on(int signal_number) {
    int before = errno;
    (void)signal_number;
    if (into >= 0 && write((int)into, "", 1) != 1) _exit(1);
    errno = before;
}

/* Waits for a signal, or for the end of the pipe. If no signal can be read any more, the program stops at once: later nothing could
 * stop it. */
static void *wait_for_signal(void *arg) {
    unsigned char which;
    (void)arg;
    if (read_signal(waiting.from, &which) != 0) waiting.stop(waiting.arg);
    return NULL;
}

gb_status signals_begin(void (*stop)(void *arg), void *arg, gb_error *err) {
    int ends[2], error = pipe_make(ends);
    if (error) return state(err, GB_IO, "cannot create a pipe: %s", strerror(error));
    waiting.from = ends[0];
    waiting.stop = stop;
    waiting.arg = arg;
    if (gb_thread_begin(&waiting.thread, NULL, wait_for_signal, NULL) != 0) {
        close(ends[0]);
        close(ends[1]);
        return state(err, GB_NO_MEMORY, "cannot start a thread: out of memory");
    }
    into = ends[1];
    end_signals_begin(pass_on, true, false);
    return GB_OK;
}

void signals_end(void) {
    int end = (int)into;
    end_signals_end(NULL);
    into = -1;
    close(end);
    pthread_join(waiting.thread, NULL);
    close(waiting.from);
}
