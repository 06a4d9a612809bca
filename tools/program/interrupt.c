/* Noting signals. */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>

#include "end_signals.h"
#include "engine/platform/files.h"

static volatile sig_atomic_t noted;         /* a signal handler has no argument of its own */

static void note(int signal_number) {
    (void)signal_number;
    noted = 1;
}

void note_interrupts(void) {
    end_signals_begin(note, true, false);
}

bool was_interrupted(void) {
    return noted != 0;
}

int read_signal(int from, unsigned char *which) {
    ssize_t n;
    int failures = 0;
    do n = read(from, which, 1);
    while (n < 0 && (errno == EINTR || ++failures < 10));
    return (int)n;
}
