/* Noting signals. */
#define _POSIX_C_SOURCE 200809L
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t noted;         /* a signal handler has no argument of its own */

static void note(int signal_number) {
    (void)signal_number;
    noted = 1;
}

void note_interrupts(void) {
    static const int which[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction how = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&how.sa_mask);
    for (int i = 0; i < 3; i++) sigaction(which[i], &how, NULL);
}

bool was_interrupted(void) {
    return noted != 0;
}
