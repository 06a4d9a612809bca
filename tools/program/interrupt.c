/* Noting signals. */
#include "interrupt.h"

#include <signal.h>

#include "end_signals.h"

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
