/* sigwait() in a thread: no handler, and so nothing that a handler may not do. */
#define _POSIX_C_SOURCE 200809L
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static sigset_t signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void stop_block(void) {
    sigset_t set = signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *wait_for_signal(void *arg) {
    stop *s = arg;
    sigset_t set = signals();
    int which;
    if (sigwait(&set, &which) == 0) s->stopped(s->arg);
    return NULL;
}

bool stop_wait(stop *s, void (*stopped)(void *arg), void *arg) {
    s->stopped = stopped;
    s->arg = arg;
    s->waits = pthread_create(&s->thread, NULL, wait_for_signal, s) == 0;
    return s->waits;
}

void stop_end(stop *s) {
    sigset_t set = signals();
    if (s->waits) {
        pthread_kill(s->thread, SIGTERM);       /* ends sigwait() where it still waits */
        pthread_join(s->thread, NULL);
        s->waits = false;
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
