/* Ctrl-C and its kin as a call in place of a sudden end: the signals are blocked in every thread, and one thread waits
 * for them. */
#ifndef GANBEND_STUDIO_STOP_H
#define GANBEND_STUDIO_STOP_H

#include <pthread.h>
#include <stdbool.h>

typedef struct stop {
    pthread_t thread;
    bool waits;
    void (*stopped)(void *arg);
    void *arg;
} stop;

/* Before any thread is started, so that all of them inherit it. Programs that are started inherit it as well and
 * must unblock them. */
void stop_block(void);
/* stopped(arg) comes once, from a thread of its own. False where there is no such thread. */
bool stop_wait(stop *s, void (*stopped)(void *arg), void *arg);
/* No call comes after it, and the signals end the program again. */
void stop_end(stop *s);

#endif
