/* end_signals.h by sigaction(). */
#define _POSIX_C_SOURCE 200809L
#include "end_signals.h"

#include <pthread.h>
#include <signal.h>

enum { SIGNALS = 3 };
static const int which[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

void end_signals_begin(end_signal_handler *handler, bool once, bool unless_ignored) {
    struct sigaction how = {.sa_handler = handler, .sa_flags = SA_RESTART | (once ? (int)SA_RESETHAND : 0)}, now;
    sigemptyset(&how.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        if (!unless_ignored || (sigaction(which[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN))
            sigaction(which[i], &how, NULL);
}

void end_signals_end(end_signal_handler *handler) {
    struct sigaction now;
    for (int i = 0; i < SIGNALS; i++)
        if (!handler || (sigaction(which[i], NULL, &now) == 0 && now.sa_handler == handler))
            signal(which[i], SIG_DFL);
}

void end_by_signal(int signal_number) {
    sigset_t set;
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(signal_number);
}
