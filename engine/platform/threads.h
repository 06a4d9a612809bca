/* Threads that signals leave alone. Windows has pthreads by the compiler's winpthreads, but no signals to block, and a condition
 * there waits by the clock of the day. */
#ifndef GB_PLATFORM_THREADS_H
#define GB_PLATFORM_THREADS_H

#include <pthread.h>
#include <time.h>

#if defined(_WIN32)

#define GB_CONDITION_CLOCK CLOCK_REALTIME

static inline int gb_thread_begin(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *arg), void *arg) {
    return pthread_create(thread, how, run, arg);
}

#else
#include <signal.h>

#define GB_CONDITION_CLOCK CLOCK_MONOTONIC

/* pthread_create() for a thread in which all signals are blocked: a thread has the signal mask of its creator. */
static inline int gb_thread_begin(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *arg), void *arg) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, how, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

#endif

#endif
