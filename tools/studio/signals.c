/* A signal handler that writes to a pipe. Blocking the signals would avoid the global variable, but libraries such as
 * OpenBLAS start threads before main(), in which the signals would not be blocked. */
#define _POSIX_C_SOURCE 200809L
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tools/program/arguments.h"

enum { SIGNALS = 3 };
static const int which[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t into = -1;         /* a signal handler has no other argument */

static void tell(int signal_number) {
    int before = errno;
    (void)signal_number;
    if (into >= 0 && write((int)into, "", 1) != 1) _exit(1);
    errno = before;
}

gb_status signals_begin(int *readable, gb_error *err) {
    int ends[2];
    struct sigaction how = {.sa_handler = tell, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    if (pipe(ends) != 0) return state(err, GB_IO, "cannot create a pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    *readable = ends[0];
    into = ends[1];
    sigemptyset(&how.sa_mask);
    for (int i = 0; i < SIGNALS; i++) sigaction(which[i], &how, NULL);
    return GB_OK;
}

void signals_end(void) {
    int end = (int)into;
    for (int i = 0; i < SIGNALS; i++) signal(which[i], SIG_DFL);
    into = -1;
    if (end >= 0) close(end);
}
