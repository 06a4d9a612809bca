/* A small thread pool for the tests, independent of the one of the engine. */
#ifndef TESTS_SMALL_POOL_H
#define TESTS_SMALL_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { MAX_WORKERS = 64 };

typedef struct pool {
    pthread_t threads[MAX_WORKERS];
    int workers;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned round;
    int busy;
    bool stop;
    atomic_int next;
    int tasks;
    void (*task)(void *arg, int i, int worker);
    void *arg;
} pool;

typedef struct worker_arg { pool *p; int worker; } worker_arg;

static void work(pool *p, int worker) {
    for (int i; (i = atomic_fetch_add(&p->next, 1)) < p->tasks;)
        p->task(p->arg, i, worker);
}

static void *thread_main(void *arg) {
    worker_arg s = *(worker_arg *)arg;
    unsigned seen = 0;
    free(arg);
    for (;;) {
        pthread_mutex_lock(&s.p->lock);
        while (s.p->round == seen && !s.p->stop)
            pthread_cond_wait(&s.p->start, &s.p->lock);
        seen = s.p->round;
        bool stop = s.p->stop;
        pthread_mutex_unlock(&s.p->lock);
        if (stop)
            return NULL;
        work(s.p, s.worker);
        pthread_mutex_lock(&s.p->lock);
        if (--s.p->busy == 0)
            pthread_cond_signal(&s.p->done);
        pthread_mutex_unlock(&s.p->lock);
    }
}

static void pool_parallel(void *pool_, int tasks, void (*task)(void *arg, int i, int worker), void *arg) {
    pool *p = pool_;
    pthread_mutex_lock(&p->lock);
    p->tasks = tasks, p->task = task, p->arg = arg;
    atomic_store(&p->next, 0);
    p->busy = p->workers - 1;
    p->round++;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    work(p, 0);
    pthread_mutex_lock(&p->lock);
    while (p->busy)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

static void pool_start(pool *p, int workers) {
    p->workers = workers;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->start, NULL);
    pthread_cond_init(&p->done, NULL);
    for (int i = 1; i < workers; i++) {
        worker_arg *s = malloc(sizeof *s);
        if (s)
            *s = (worker_arg){p, i};
        if (!s || pthread_create(&p->threads[i], NULL, thread_main, s)) {
            fprintf(stderr, "check_ops: starting thread %d failed\n", i);
            exit(2);
        }
    }
}

static void pool_stop(pool *p) {
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i < p->workers; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->start);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
}

#endif
