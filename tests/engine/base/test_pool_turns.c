/* Whose turn it is in a thread pool. The pool's source is part of this file, for the number of callers that wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/base/pool.c"

int run_turn_tests(void);

/* Callers of a pool, and the order in which it served them. */
typedef struct queue {
    gb_pool *pool;
    atomic_bool open;               /* the first caller's round may end */
    int order[8];
    atomic_int served;
} queue;

typedef struct queued {
    queue *in;
    int number;
} queued;

static void note_order(void *arg, int i, int worker) {
    queued *q = arg;
    (void)worker;
    if (i == 0)
        q->in->order[atomic_fetch_add(&q->in->served, 1)] = q->number;
    while (q->number == 0 && !atomic_load(&q->in->open))
        continue;
}

static void call_once(void *arg) {
    gb_pool_parallel(((queued *)arg)->in->pool, 2, note_order, arg);
}

/* Waits until so many callers have come. */
static void await_callers(gb_pool *pool, uint64_t count) {
    for (bool here = false; !here;) {
        gb_mutex_lock(pool->turns);
        here = pool->next_turn == count;
        gb_mutex_unlock(pool->turns);
    }
}

static void callers_are_served_in_the_order_in_which_they_come(void **state) {
    enum { CALLERS = 5 };
    (void)state;
    queue q = {.pool = gb_pool_new(2)};
    queued callers[CALLERS];
    gb_thread *threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (queued){&q, i};
        threads[i] = gb_thread_start(call_once, &callers[i]);
        if (!threads[i])
            skip();         /* a build without threads */
        await_callers(q.pool, (uint64_t)i + 1);
    }
    atomic_store(&q.open, true);
    for (int i = 0; i < CALLERS; i++)
        gb_thread_join(threads[i]);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(q.order[i], i);
    gb_pool_free(q.pool);
}

int run_turn_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_are_served_in_the_order_in_which_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
